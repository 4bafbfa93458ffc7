import { z } from "zod";
import type { ApiPromise } from "@/lib/client/api-promise";
import { sleep, type ApiRequestOptions } from "@/lib/client/http";
import { requestPages, type CursorPageParams, type CursorPagePromise } from "@/lib/client/pages";
import { apiClient } from "./api";
import type { RunsFilter } from "./runs";

const BulkAction = z.object({
  id: z.string(),
  name: z.string().optional(),
  type: z.enum(["CANCEL", "REPLAY"]),
  status: z.enum(["PENDING", "COMPLETED", "ABORTED"]),
  counts: z.object({ total: z.number(), success: z.number(), failure: z.number() }),
  createdAt: z.coerce.date(),
  completedAt: z.coerce.date().optional(),
});
type BulkAction = z.infer<typeof BulkAction>;
const Id = z.object({ id: z.string() });

type Selection = ({ filter: RunsFilter; runIds?: never } | { runIds: string[]; filter?: never }) & { name?: string | undefined };
type BulkReplayOptions = Selection & { targetRegion?: string | undefined };

const create = (json: object, options: ApiRequestOptions | undefined): ApiPromise<{ id: string }> =>
  apiClient().request(Id, "/api/v1/bulk-actions", { method: "POST", json, options });
const path = (id: string): string => `/api/v1/bulk-actions/${encodeURIComponent(id)}`;

function retrieve(id: string, options?: ApiRequestOptions): ApiPromise<BulkAction> {
  return apiClient().request(BulkAction, path(id), { options });
}

/** Polls of `runs.bulk.poll` before it gives up. */
const maxPolls = 500;

async function poll(
  id: string,
  { pollIntervalMs = 1000 }: { pollIntervalMs?: number | undefined } = {},
  options?: ApiRequestOptions,
): Promise<BulkAction> {
  for (let tries = 0; tries < maxPolls; tries++) {
    const action = await retrieve(id, options);
    if (action.status !== "PENDING") return action;
    await sleep(pollIntervalMs);
  }
  throw new Error(`Bulk action ${id} did not finish after ${maxPolls} polls`);
}

/** Cancels or replays many runs: those named, or all that match a filter when it is asked for (without a time, those of the last 7 days). */
export const bulk = {
  cancel: (selection: Selection, options?: ApiRequestOptions): ApiPromise<{ id: string }> =>
    create({ ...selection, action: "cancel" }, options),
  replay: (selection: BulkReplayOptions, options?: ApiRequestOptions): ApiPromise<{ id: string }> =>
    create({ ...selection, action: "replay" }, options),
  retrieve,
  poll,
  /** What is under way is finished, the rest left alone. */
  abort: (id: string, options?: ApiRequestOptions): ApiPromise<{ id: string }> =>
    apiClient().request(Id, `${path(id)}/abort`, { method: "POST", options }),
  list: (params: CursorPageParams = {}, options?: ApiRequestOptions): CursorPagePromise<BulkAction> =>
    requestPages(apiClient(), { path: "/api/v1/bulk-actions", item: BulkAction, query: new URLSearchParams(), params, options }),
};
