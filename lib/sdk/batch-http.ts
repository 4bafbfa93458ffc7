import { z } from "zod";
import { ApiError, RateLimitError } from "@/lib/client/api-error";
import { sleep } from "@/lib/client/http";
import { readableOf } from "@/lib/client/readable";
import { retryDelay } from "@/lib/time/backoff";
import { apiClient } from "./api";
import type { OperationItem } from "./batch";
import { BatchTriggerError } from "./errors";
import { offloadPacket } from "./packets";
import type { MadeKey } from "./idempotency-keys";
import type { TriggerApiRequestOptions } from "./types";

const Created = z.object({ id: z.string(), runCount: z.number(), isCached: z.boolean() });
const Streamed = z.object({
  id: z.string(),
  itemsAccepted: z.number(),
  itemsDeduplicated: z.number(),
  sealed: z.boolean(),
  enqueuedCount: z.number().optional(),
  expectedCount: z.number().optional(),
});

/** Tries to fill a batch that stays unsealed: 5, from 1 s to 30 s. */
const sealRetry = { maxAttempts: 5, factor: 2, minTimeoutInMs: 1000, maxTimeoutInMs: 30_000, randomize: true };

async function* encodeLines(lines: readonly string[]): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  for (const line of lines) yield encoder.encode(`${line}\n`);
}

type Phase = BatchTriggerError["phase"];
const phases: Record<Phase, string> = { offload: "uploaded", create: "created", stream: "filled" };

/** Uploads at once. */
const uploadsAtOnce = 10;

/** The items with their large payloads uploaded. */
async function offloadItems(
  items: readonly OperationItem[],
  requestOptions: TriggerApiRequestOptions | undefined,
): Promise<(OperationItem & { bytes: number })[]> {
  const offloaded = new Array<OperationItem & { bytes: number }>();
  for (let from = 0; from < items.length; from += uploadsAtOnce) {
    const some = items.slice(from, from + uploadsAtOnce);
    offloaded.push(
      ...(await Promise.all(
        some.map(async (item) => ({
          ...item,
          bytes: Buffer.byteLength(item.payload.data ?? ""),
          payload: await offloadPacket(item.payload, requestOptions),
        })),
      )),
    );
  }
  return offloaded;
}

/** What was thrown, as batches tell of it. */
export function batchFailure(
  phase: Phase,
  { itemCount, cause, batchId }: { itemCount: number; cause: unknown; batchId?: string | undefined },
): BatchTriggerError {
  return new BatchTriggerError(
    `The batch of ${itemCount} could not be ${phases[phase]}: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      phase,
      itemCount,
      cause,
      retryAfterMs: cause instanceof RateLimitError ? cause.millisecondsUntilReset : undefined,
      ...(batchId !== undefined && { batchId }),
    },
  );
}

/** Both phases of a batch: create it, then stream its items until the server says that it has them all. */
export async function createBatchOverHttp({
  items,
  key,
  requestOptions,
}: {
  items: readonly OperationItem[];
  key: MadeKey | undefined;
  requestOptions?: TriggerApiRequestOptions | undefined;
}) {
  const client = apiClient(requestOptions?.clientConfig);
  const itemCount = items.length;
  const fail = (phase: Phase, cause: unknown, batchId?: string) => batchFailure(phase, { itemCount, cause, batchId });

  const sent = await offloadItems(items, requestOptions).catch((cause: unknown) => {
    throw fail("offload", cause);
  });
  const taskIdentifiers = [...new Set(items.map(({ task }) => task))].toSorted();
  const { data: created, response } = await client
    .request(Created, "/api/v3/batches", {
      method: "POST",
      json: { runCount: itemCount, taskIdentifiers, ...key },
      options: requestOptions,
    })
    .withResponse()
    .catch((cause: unknown) => {
      throw fail("create", cause);
    });
  const handle = {
    batchId: created.id,
    runCount: created.runCount,
    publicAccessToken: response.headers.get("x-trigger-jwt") ?? "",
    isCached: created.isCached,
  };
  if (created.isCached) return handle;

  const lines = sent.map(({ task, payload, options, bytes }, index) =>
    JSON.stringify({
      index,
      task,
      ...(payload.data !== null && { payload: payload.data }),
      options: { ...options, payloadType: payload.dataType, payloadSize: bytes },
    }),
  );
  for (let attempt = 1; ; attempt++) {
    const answer = await client
      .request(Streamed, `/api/v3/batches/${encodeURIComponent(created.id)}/items`, {
        method: "POST",
        body: () => readableOf(encodeLines(lines)),
        headers: { "content-type": "application/x-ndjson" },
        requestKey: "none",
        options: requestOptions,
      })
      .catch((cause: unknown) => {
        throw fail("stream", cause, created.id);
      });
    if (answer.sealed) return handle;
    const delay = retryDelay(sealRetry, attempt, Math.random());
    if (delay === null)
      throw fail(
        "stream",
        new ApiError(undefined, undefined, `the server has ${answer.enqueuedCount ?? "?"} of ${answer.expectedCount ?? itemCount} items`),
        created.id,
      );
    await sleep(delay);
  }
}
