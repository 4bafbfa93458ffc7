import type { QueueRow } from "@/lib/contracts/realtime";
import { send, type Answer } from "../auth/request";

/** The API decodes a queue's name twice, so that a slash in it is no path separator (wire.md 5). */
const address = (queue: Pick<QueueRow, "name">) => `/api/v1/queues/${encodeURIComponent(queue.name.replaceAll("/", "%2F"))}`;
/** Task queues are named `task/<id>` in full, so `custom` and `task` alike are found by name. */
const kind = (queue: Pick<QueueRow, "name" | "type">) =>
  queue.type === "task" ? { name: queue.name.replace(/^task\//, ""), type: "task" } : { name: queue.name, type: "custom" };

export function setPaused(queue: QueueRow, action: "pause" | "resume"): Promise<Answer<unknown>> {
  const { name, type } = kind(queue);
  return send(`${address({ name })}/pause`, { type, action });
}

/** All queues of the environment. */
export const setEnvironmentPaused = (action: "pause" | "resume"): Promise<Answer<unknown>> => send("/api/v1/environment/pause", { action });

/** Runs at once over all queues. */
export const setEnvironmentLimit = (concurrencyLimit: number): Promise<Answer<unknown>> =>
  send("/api/v1/environment/concurrency", { concurrencyLimit });

/** Null: back to the limit in the code. */
export function setLimit(queue: QueueRow, limit: number | null): Promise<Answer<unknown>> {
  const { name, type } = kind(queue);
  return limit === null
    ? send(`${address({ name })}/concurrency/reset`, { type })
    : send(`${address({ name })}/concurrency/override`, { type, concurrencyLimit: limit });
}

/** Of a named concurrency limit. */
export const setLimitPaused = (name: string, action: "pause" | "resume"): Promise<Answer<unknown>> =>
  send(`/api/v1/concurrency-limits/${encodeURIComponent(name)}/pause`, { action });
