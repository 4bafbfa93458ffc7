import { z } from "zod";
import { TriggerResponse } from "@/lib/contracts/trigger";
import { AuthenticationError, PermissionDeniedError } from "@/lib/client/api-error";
import { readEventStream, type StreamPart } from "@/lib/client/event-stream";
import { createHttpClient, type ApiRequestOptions, type HttpClient } from "@/lib/client/http";
import { toRealtimeRun, type RealtimeRunShape } from "@/lib/client/realtime-run";
import { RetrievedRun } from "@/lib/client/run-objects";
import type { SocketLike } from "@/lib/client/connection";
import { followShape, type ShapeRow } from "@/lib/client/shape";
import { followOverSocket, holdSocket, NoSocket } from "@/lib/client/shape-socket";
import { isMadeKey, keyMaterial } from "@/lib/ids/idempotency";
import { encodePacket } from "@/lib/values/packet";
import type { RunHandle, TriggerOptions } from "./task-types";

export interface ApiClientOptions {
  baseURL: string;
  accessToken: string;
  refreshAccessToken?: (() => Promise<string>) | undefined;
  previewBranch?: string | undefined;
  requestOptions?: ApiRequestOptions | undefined;
  /** Default: the browser's, where there is one. */
  openSocket?: ((url: string) => SocketLike) | undefined;
}

export interface StreamRead {
  runId: string;
  key: string;
  lastEventId?: string | undefined;
  from?: "latest" | undefined;
  timeoutInSeconds?: number | undefined;
  signal: AbortSignal;
}

/** What the hooks ask of the server. */
export interface ApiClient {
  readonly baseUrl: string;
  triggerTask(task: string, payload: unknown, options?: TriggerOptions): Promise<RunHandle>;
  retrieveRun(runId: string): Promise<RetrievedRun>;
  completeWaitpointToken(id: string, body: { data: unknown }): Promise<{ success: true }>;
  sendInputStream(runId: string, streamId: string, data: unknown): Promise<void>;
  /** Runs of a shape as they change. `path`: below `/realtime/v1`, with its query. */
  followRuns(path: string, signal: AbortSignal): AsyncGenerator<RealtimeRunShape, void>;
  readStream(read: StreamRead): AsyncGenerator<StreamPart, void>;
}

export function createApiClient(options: ApiClientOptions): ApiClient {
  let accessToken = options.accessToken;
  const http = createHttpClient({
    baseURL: options.baseURL,
    accessToken: () => accessToken,
    previewBranch: options.previewBranch,
    requestOptions: options.requestOptions,
  });
  const headers = () => http.headers({ "x-trigger-electric-version": "1.0.0-beta.1" });

  /** Once per stretch in which something came: a fresh token that is refused too is the end. */
  async function* refreshing<T>(open: () => AsyncGenerator<T, void>): AsyncGenerator<T, void> {
    for (let mayRefresh = true; ; mayRefresh = false) {
      try {
        for await (const item of open()) {
          mayRefresh = true;
          yield item;
        }
        return;
      } catch (error) {
        const isRefused = error instanceof AuthenticationError || error instanceof PermissionDeniedError;
        if (!isRefused || !mayRefresh || options.refreshAccessToken === undefined) throw error;
        accessToken = await options.refreshAccessToken();
      }
    }
  }

  /** Over the socket, which is told of changes and is one for all; else as long polls. */
  async function* rowsOf(path: string, signal: AbortSignal): AsyncGenerator<ShapeRow[], void> {
    try {
      // A socket cannot name a branch.
      if (options.previewBranch !== undefined) throw new NoSocket("A branch is named in a header.");
      const { baseURL } = http;
      return yield* followOverSocket({
        baseURL,
        socket: holdSocket({ baseURL, token: accessToken, openSocket: options.openSocket }),
        path,
        signal,
      });
    } catch (error) {
      if (!(error instanceof NoSocket)) throw error;
    }
    yield* followShape({ url: `${http.baseURL}/realtime/v1${path}`, headers, signal });
  }

  async function* runsOf(path: string, signal: AbortSignal): AsyncGenerator<RealtimeRunShape, void> {
    for await (const rows of rowsOf(path, signal)) {
      for (const row of rows) yield await toRealtimeRun(row, (packet) => fetchPacket(http, packet));
    }
  }

  return {
    baseUrl: http.baseURL,
    async triggerTask(task, payload, triggerOptions = {}) {
      const json = await triggerBody(payload, triggerOptions);
      const { data, response } = await http
        .request(TriggerResponse, `/api/v1/tasks/${encodeURIComponent(task)}/trigger`, { method: "POST", json })
        .withResponse();
      return { id: data.id, isCached: data.isCached, taskIdentifier: task, publicAccessToken: response.headers.get("x-trigger-jwt") ?? "" };
    },
    retrieveRun: (runId) => http.request(RetrievedRun, `/api/v3/runs/${encodeURIComponent(runId)}`),
    completeWaitpointToken: (id, body) =>
      http.request(z.object({ success: z.literal(true) }), `/api/v1/waitpoints/tokens/${encodeURIComponent(id)}/complete`, {
        method: "POST",
        json: body,
      }),
    async sendInputStream(runId, streamId, data) {
      await http.send(`/realtime/v1/streams/${encodeURIComponent(runId)}/input/${encodeURIComponent(streamId)}`, {
        method: "POST",
        json: { data },
      });
    },
    followRuns: (path, signal) => refreshing(() => runsOf(path, signal)),
    async *readStream({ runId, key, ...read }) {
      let lastEventId = read.lastEventId;
      const url = `${http.baseURL}/realtime/v1/streams/${encodeURIComponent(runId)}/${encodeURIComponent(key)}`;
      for await (const part of refreshing(() => readEventStream({ ...read, url, headers, lastEventId }))) {
        lastEventId = part.id;
        yield part;
      }
    },
  };
}

/** By its run: what reads that reads its packets. */
async function fetchPacket(
  http: HttpClient,
  { runId, field }: { runId: string; field: "payload" | "output" },
): Promise<{ data: string; dataType: string }> {
  const { presignedUrl } = await http.request(
    z.object({ presignedUrl: z.string() }),
    `/api/v1/runs/${encodeURIComponent(runId)}/packets/${field}`,
  );
  const response = await fetch(presignedUrl);
  if (!response.ok) throw new Error(`The ${field} of run ${runId} could not be read (${response.status})`);
  return { data: await response.text(), dataType: response.headers.get("content-type") ?? "application/json" };
}

async function triggerBody(payload: unknown, options: TriggerOptions): Promise<object> {
  const packet = encodePacket(payload);
  const { queue, idempotencyKey, version, delay, ...rest } = options;
  return {
    ...(packet.data !== null && { payload: packet.data }),
    options: {
      ...rest,
      payloadType: packet.dataType,
      ...(queue !== undefined && { queue: { name: queue } }),
      ...(delay !== undefined && { delay: typeof delay === "string" ? delay : delay.toISOString() }),
      ...(version !== undefined && { lockToVersion: version }),
      ...(idempotencyKey !== undefined && { idempotencyKey: await keyOf(idempotencyKey) }),
    },
  };
}

/** The key as every client makes it outside a run: the SHA-256 of its text. */
async function keyOf(key: string | string[]): Promise<string> {
  if (isMadeKey(key)) return key;
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(keyMaterial(key, "global", undefined)));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
