import { sendJson } from "@/components/live/api";
import { isFinal } from "@/lib/contracts/run-status";
import type { RunRow } from "@/lib/contracts/run";
import type { ReplayBody } from "@/lib/contracts/trigger";

/** One rule for list, run page and palette: what may be done with a run as it is now. */
export const canCancel = (run: Pick<RunRow, "status">): boolean => !isFinal(run.status);

const path = (version: "v1" | "v2", id: string): string => `/api/${version}/runs/${encodeURIComponent(id)}`;

export const cancelRun = (id: string) => sendJson<{ id: string }>(`${path("v2", id)}/cancel`);
export const replayRun = (id: string, changes: ReplayBody = {}) => sendJson<{ id: string }>(`${path("v1", id)}/replay`, { json: changes });
export const addRunTags = (id: string, tags: readonly string[]) => sendJson(`${path("v1", id)}/tags`, { json: { tags } });
/** A delayed run starts as soon as a slot is free. */
export const startNow = (id: string, now: number) => sendJson(`${path("v1", id)}/reschedule`, { json: { delay: new Date(now).toISOString() } });

export interface BulkOutcome {
  done: number;
  failed: { id: string; error: string }[];
}

/** So many requests are on their way at once. */
const together = 6;

/** Acts on each run; one that fails does not stop the others. */
export async function forEachRun(ids: readonly string[], act: (id: string) => Promise<unknown>, onProgress: (outcome: BulkOutcome) => void): Promise<BulkOutcome> {
  const outcome: BulkOutcome = { done: 0, failed: [] };
  const queue = [...ids];
  async function work(): Promise<void> {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      try {
        await act(id);
        outcome.done += 1;
      } catch (error) {
        outcome.failed.push({ id, error: error instanceof Error ? error.message : String(error) });
      }
      onProgress({ done: outcome.done, failed: [...outcome.failed] });
    }
  }
  await Promise.all(Array.from({ length: Math.min(together, ids.length) }, work));
  return outcome;
}
