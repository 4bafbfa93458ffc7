import { Hono } from "hono";
import type { StreamChunk } from "@/lib/contracts/run";
import { EngineError } from "../../engine/error";
import { inputKey } from "../../engine/waiting/input";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { readsRun, requireRun } from "../find-run";
import { requires } from "../requires";
import type { Stopping } from "../stopping";
import { readChunksLive, type ChunkReader } from "./chunk-reader";
import { eventText, pingText, type StreamVersion } from "./event-text";

const pingMs = 15_000;
/** Without the header `timeout-seconds`; with it, 1 to this. */
const longestQuietSeconds = 600;
/** How often the credential of an open stream is looked at; with the 2 s memory of credentials a revocation counts within 5 s. */
const revalidateMs = 2_500;

export function streamReadRoutes(context: ApiContext): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  const readable = requires(context, { allow: "scope", action: "read", wants: readsRun(context) });
  app.get("/realtime/v1/streams/:runId/input/:streamId", readable, (c) => follow(context, c, inputKey(c.req.param("streamId"))));
  app.get("/realtime/v1/streams/:runId/:key", readable, (c) => follow(context, c, c.req.param("key")));
  return app;
}

/** Server-sent events of one stream, until the run is final, nothing came for the time-out, or the credential ends. */
async function follow(context: ApiContext, c: ApiRequest, key: string): Promise<Response> {
  const run = await requireRun(context, c);
  const quietMs = quietSeconds(c.req.header("timeout-seconds")) * 1_000;
  const after = await startAfter(context, c, { runId: run.id, key });
  const version: StreamVersion = c.req.header("x-trigger-realtime-streams-version") === "v2" ? "v2" : "v1";
  const reader = readChunksLive(context.engine, { runId: run.id, key, after });
  const body = eventBody(reader, {
    version,
    quietMs,
    mayGoOn: allowance(context, c),
    cutOff: () => c.env?.outgoing?.destroy(),
    stopping: context.stopping,
  });
  c.header("content-type", "text/event-stream; charset=utf-8");
  c.header("cache-control", "no-cache, no-transform");
  // nginx would hold events back.
  c.header("x-accel-buffering", "no");
  if (version === "v2") c.header("x-stream-version", "v2");
  return c.body(body);
}

interface BodyOptions {
  version: StreamVersion;
  quietMs: number;
  mayGoOn: () => Promise<boolean>;
  cutOff: () => void;
  stopping: Stopping;
}

function eventBody(reader: ChunkReader, options: BodyOptions): ReadableStream<Uint8Array> {
  const { version, stopping } = options;
  const forget = stopping.onStop(() => reader.close());
  const close = () => {
    forget();
    reader.close();
  };
  const encoder = new TextEncoder();
  const text = (events: string) => encoder.encode(events);
  let heardAt = performance.now();
  let pingedAt = performance.now();

  async function nextText(): Promise<{ events: string } | "end" | "refused"> {
    for (;;) {
      const left = heardAt + options.quietMs - performance.now();
      if (left <= 0) return "end";
      const found = await reader.next(Math.min(left, revalidateMs));
      if (stopping.isStopping()) return "refused";
      if (found === "end") return "end";
      if (!(await options.mayGoOn())) return "refused";
      if (found !== "quiet") {
        heardAt = pingedAt = performance.now();
        return { events: eventText(version, found satisfies readonly StreamChunk[]) };
      }
      if (performance.now() - pingedAt < pingMs) continue;
      pingedAt = performance.now();
      return { events: pingText[version] };
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      // The client waits for headers, which leave with the first bytes.
      start: (controller) => controller.enqueue(text(": open\n\n")),
      async pull(controller) {
        const next = await nextText();
        if (typeof next === "object") return controller.enqueue(text(next.events));
        close();
        // A clean end would pass for the end of the stream. Cut off, the client asks again: it is told why not, brings a new token, or finds the server that follows.
        if (next === "refused") options.cutOff();
        return controller.close();
      },
      cancel: close,
    },
    { highWaterMark: 1 },
  );
}

/** Whether the credential still holds; asked at most once per `revalidateMs`. */
function allowance(context: ApiContext, c: ApiRequest): () => Promise<boolean> {
  const principal = principalOf(c);
  let askedAt = performance.now();
  return async () => {
    if ("expiresAt" in principal && principal.expiresAt !== undefined && principal.expiresAt <= Date.now()) return false;
    if (performance.now() - askedAt < revalidateMs) return true;
    askedAt = performance.now();
    return context.credentials.stillValid(principal);
  };
}

function quietSeconds(header: string | undefined): number {
  if (header === undefined) return longestQuietSeconds;
  const seconds = Number(header);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestQuietSeconds) {
    throw new EngineError(400, `The header timeout-seconds must be a whole number from 1 to ${longestQuietSeconds}.`, {
      param: "timeout-seconds",
    });
  }
  return seconds;
}

/** Index after which to read: the last id that the client has, the newest chunk, or none. */
async function startAfter({ engine }: ApiContext, c: ApiRequest, of: { runId: string; key: string }): Promise<number> {
  const lastId = c.req.header("last-event-id");
  if (lastId !== undefined) {
    const index = Number(lastId);
    if (!Number.isSafeInteger(index) || index < -1)
      throw new EngineError(400, "The header last-event-id must be an id that this stream sent.", { param: "last-event-id" });
    return index;
  }
  if (c.req.header("x-trigger-stream-start") !== "latest") return -1;
  const [stream] = await engine.db.query<{ next_index: number }>("select next_index from stream where run_id = $1 and key = $2", [
    of.runId,
    of.key,
  ]);
  return (stream?.next_index ?? 0) - 1;
}
