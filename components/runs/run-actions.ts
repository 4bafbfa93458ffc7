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
export const startNow = (id: string, now: number) =>
  sendJson(`${path("v1", id)}/reschedule`, { json: { delay: new Date(now).toISOString() } });
