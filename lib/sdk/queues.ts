import { z } from "zod";
import type { ApiRequestOptions } from "@/lib/client/http";
import { requestOffsetPages } from "@/lib/client/pages";
import { apiClient } from "./api";

const QueueItem = z.object({
  id: z.string(),
  name: z.string(),
  type: z.enum(["task", "custom"]),
  running: z.number(),
  queued: z.number(),
  paused: z.boolean(),
  concurrencyLimit: z.number().nullable(),
  concurrency: z
    .object({
      current: z.number().nullable(),
      base: z.number().nullable(),
      override: z.number().nullable(),
      overriddenAt: z.coerce.date().nullable(),
      overriddenBy: z.string().nullable(),
    })
    .optional(),
});
export type QueueItem = z.infer<typeof QueueItem>;
/** Id of a queue, or its type and name (of a task queue: the task's id). */
export type RetrieveQueueParam = string | { type: "task" | "custom"; name: string };

function addressOf(queue: RetrieveQueueParam): { path: string; type: string } {
  const [type, name] = typeof queue === "string" ? ["id", queue] : [queue.type, queue.name];
  // Slashes are encoded twice: proxies decode a path once.
  return { path: `/api/v1/queues/${encodeURIComponent(name.replaceAll("/", "%2F"))}`, type };
}

function post(queue: RetrieveQueueParam, action: string, body: object, options: ApiRequestOptions | undefined) {
  const { path, type } = addressOf(queue);
  return apiClient().request(QueueItem, `${path}/${action}`, { method: "POST", json: { type, ...body }, options });
}

export const queues = {
  list: (params: { page?: number | undefined; perPage?: number | undefined } = {}, options?: ApiRequestOptions) =>
    requestOffsetPages(apiClient(), { path: "/api/v1/queues", item: QueueItem, ...params, options }),
  retrieve: (queue: RetrieveQueueParam, options?: ApiRequestOptions) => {
    const { path, type } = addressOf(queue);
    return apiClient().request(QueueItem, path, { query: new URLSearchParams({ type }), options });
  },
  /** Nothing new starts; what runs goes on. */
  pause: (queue: RetrieveQueueParam, options?: ApiRequestOptions) => post(queue, "pause", { action: "pause" }, options),
  resume: (queue: RetrieveQueueParam, options?: ApiRequestOptions) => post(queue, "pause", { action: "resume" }, options),
  overrideConcurrencyLimit: (queue: RetrieveQueueParam, concurrencyLimit: number, options?: ApiRequestOptions) =>
    post(queue, "concurrency/override", { concurrencyLimit }, options),
  resetConcurrencyLimit: (queue: RetrieveQueueParam, options?: ApiRequestOptions) => post(queue, "concurrency/reset", {}, options),
};
