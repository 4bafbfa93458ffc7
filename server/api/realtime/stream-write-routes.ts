import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { InputBody } from "@/lib/contracts/api-bodies";
import type { RunRow } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/status";
import { appendChunks, lastChunkIndex } from "../../engine/telling/stream";
import { EngineError } from "../../engine/error";
import { inputBytes, sendInput } from "../../engine/waiting/input";
import { readChunks, readJson, readText } from "../body";
import type { ApiContext, ApiEnv, ApiRequest } from "../context";
import { changesRun, readsRun, requireRun } from "../find-run";
import { requires } from "../requires";

const appendBytes = 512 * 1024;
/** One ingest request; a longer stream goes on in another. */
const ingestBytes = 256 * 1024 * 1024;
/** Lines that go to the database together. */
const linesAtOnce = 100;
const keyLength = 256;

export function streamWriteRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const write = requires(context, { allow: "key", action: "write", wants: changesRun(context) });
  const place = "/realtime/v1/streams/:runId/:target{self|parent|root}/:key";

  app.put(place, write, async (c) => {
    const stream = await streamOf(context, c);
    await appendChunks(engine, { ...stream, writer: "open", first: 0, chunks: [] });
    c.header("x-stream-version", "v1");
    return c.json({ version: "v1" }, 202);
  });

  // HEAD comes as GET, without the body.
  app.get(place, requires(context, { allow: "key", action: "read", wants: readsRun(context) }), async (c) => {
    const last = await lastChunkIndex(engine, { ...streamKey(c, await targetOf(context, c)), writer: writerOf(c) });
    c.header("x-last-chunk-index", String(last));
    return c.json({ lastChunkIndex: last });
  });

  app.post(place, write, async (c) => {
    const stream = await streamOf(context, c);
    let first = resumeFrom(c);
    for await (const chunks of linesOf(c)) {
      await appendChunks(engine, { ...stream, writer: writerOf(c), first, chunks });
      first += chunks.length;
    }
    return c.json({ ok: true });
  });

  app.post(`${place}/append`, write, async (c) => {
    const stream = await streamOf(context, c);
    const part = c.req.header("x-part-id");
    const chunk = await readText(c, appendBytes);
    await appendChunks(engine, { ...stream, writer: `append/${part ?? randomUUID()}`, first: 0, chunks: [chunk] });
    return c.json({ ok: true });
  });

  app.post(
    "/realtime/v1/streams/:runId/input/:streamId",
    requires(context, {
      allow: "scope",
      action: "write",
      fromRuns: true,
      wants: (c) => ({ resources: [{ type: "inputStreams", id: c.req.param("runId") ?? "" }] }),
    }),
    async (c) => {
      const run = await requireRun(context, c);
      const { data } = await readJson(c, InputBody, inputBytes);
      await sendInput(engine, {
        runId: run.id,
        streamId: c.req.param("streamId"),
        data: JSON.stringify(data ?? null),
        writer: `input/${c.req.header("x-part-id") ?? randomUUID()}`,
      });
      return c.json({ ok: true });
    },
  );

  return app;
}

/** The run that is written to: the one of the path, its parent or its root. A run without them is its own. */
async function targetOf(context: ApiContext, c: ApiRequest): Promise<string> {
  const run = await requireRun(context, c);
  const target = c.req.param("target");
  return (target === "parent" ? run.parentId : target === "root" ? run.rootId : undefined) ?? run.id;
}

const streamKey = (c: ApiRequest, runId: string) => ({ runId, key: checkKey(c.req.param("key") ?? "") });

async function streamOf(context: ApiContext, c: ApiRequest): Promise<{ runId: string; key: string }> {
  assertLive(await requireRun(context, c));
  return streamKey(c, await targetOf(context, c));
}

function assertLive(run: RunRow): void {
  if (isFinal(run.status))
    throw new EngineError(400, `Run ${run.id} is finished (${run.status}); nothing can be written to its streams any more.`);
}

function checkKey(key: string): string {
  if (key === "" || key.length > keyLength || key.startsWith("$"))
    throw new EngineError(400, `A stream's name has 1 to ${keyLength} characters and does not start with "$".`, { param: "key" });
  return key;
}

function writerOf(c: ApiRequest): string {
  return `client/${(c.req.header("x-client-id") ?? "default").slice(0, 100)}`;
}

function resumeFrom(c: ApiRequest): number {
  const from = Number(c.req.header("x-resume-from-chunk") ?? 0);
  if (!Number.isSafeInteger(from) || from < 0)
    throw new EngineError(400, "The header x-resume-from-chunk must be a whole number.", { param: "x-resume-from-chunk" });
  return from;
}

/** Lines of the body as they arrive, several at a time when they arrive together. Each is one chunk. */
async function* linesOf(c: ApiRequest): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of readChunks(c, ingestBytes)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > appendBytes) throw new EngineError(413, `A chunk has at most ${appendBytes} bytes.`);
    const whole = lines.filter((line) => line.trim() !== "");
    for (let at = 0; at < whole.length; at += linesAtOnce) yield whole.slice(at, at + linesAtOnce);
  }
  if (rest.trim() !== "") yield [rest];
}
