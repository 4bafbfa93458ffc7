import { z } from "zod";
import type { ApiPromise } from "@/lib/client/api-promise";
import type { ApiRequestOptions } from "@/lib/client/http";
import { requestOffsetPages } from "@/lib/client/pages";
import { apiClient } from "./api";

const Bound = z.object({
  current: z.number().nullable(),
  base: z.number().nullable(),
  override: z.number().nullable(),
  overriddenAt: z.coerce.date().nullable(),
});
const LimitItem = z.object({
  id: z.string(),
  name: z.string(),
  perKey: Bound,
  total: Bound,
  running: z.number(),
  queued: z.number(),
  paused: z.boolean(),
});
export type ConcurrencyLimitItem = z.infer<typeof LimitItem>;
const KeyItem = z.object({
  name: z.string(),
  concurrencyKey: z.string(),
  perKey: z.object({
    current: z.number().nullable(),
    base: z.number().nullable(),
    override: z.number().nullable(),
    expiresAt: z.coerce.date().nullable(),
  }),
  running: z.number(),
  paused: z.boolean(),
});
export type ConcurrencyLimitKeyItem = z.infer<typeof KeyItem>;
interface OfKey {
  concurrencyKey: string;
}
/** Of the limit, or of one of its keys for a time: a duration or seconds, 7 days unless told. */
type ConcurrencyLimitOverride =
  { perKey?: number | undefined; total?: number | undefined } | (OfKey & { perKey: number; ttl?: string | number | undefined });

const pathOf = (name: string) => `/api/v1/concurrency-limits/${encodeURIComponent(name)}`;
const isOfKey = (given: object | undefined): given is OfKey => given !== undefined && "concurrencyKey" in given;

function retrieve(name: string, of: OfKey, options?: ApiRequestOptions): ApiPromise<ConcurrencyLimitKeyItem>;
function retrieve(name: string, options?: ApiRequestOptions): ApiPromise<ConcurrencyLimitItem>;
function retrieve(
  name: string,
  first?: OfKey | ApiRequestOptions,
  second?: ApiRequestOptions,
): ApiPromise<ConcurrencyLimitItem> | ApiPromise<ConcurrencyLimitKeyItem> {
  if (!isOfKey(first)) return apiClient().request(LimitItem, pathOf(name), { options: first });
  return apiClient().request(KeyItem, pathOf(name), {
    query: new URLSearchParams({ concurrencyKey: first.concurrencyKey }),
    options: second,
  });
}

function override(
  name: string,
  change: OfKey & { perKey: number; ttl?: string | number | undefined },
  options?: ApiRequestOptions,
): ApiPromise<ConcurrencyLimitKeyItem>;
function override(
  name: string,
  change: { perKey?: number | undefined; total?: number | undefined },
  options?: ApiRequestOptions,
): ApiPromise<ConcurrencyLimitItem>;
function override(
  name: string,
  change: ConcurrencyLimitOverride,
  options?: ApiRequestOptions,
): ApiPromise<ConcurrencyLimitItem> | ApiPromise<ConcurrencyLimitKeyItem> {
  const request = { method: "POST" as const, json: change, options };
  return isOfKey(change)
    ? apiClient().request(KeyItem, `${pathOf(name)}/override`, request)
    : apiClient().request(LimitItem, `${pathOf(name)}/override`, request);
}

function reset(name: string, of: OfKey, options?: ApiRequestOptions): ApiPromise<ConcurrencyLimitKeyItem>;
function reset(name: string, options?: ApiRequestOptions): ApiPromise<ConcurrencyLimitItem>;
function reset(
  name: string,
  first?: OfKey | ApiRequestOptions,
  second?: ApiRequestOptions,
): ApiPromise<ConcurrencyLimitItem> | ApiPromise<ConcurrencyLimitKeyItem> {
  if (!isOfKey(first)) return apiClient().request(LimitItem, `${pathOf(name)}/reset`, { method: "POST", json: {}, options: first });
  return apiClient().request(KeyItem, `${pathOf(name)}/reset`, {
    method: "POST",
    json: { concurrencyKey: first.concurrencyKey },
    options: second,
  });
}

const pause = (name: string, action: "pause" | "resume", options?: ApiRequestOptions) =>
  apiClient().request(LimitItem, `${pathOf(name)}/pause`, { method: "POST", json: { action }, options });

/** Named concurrency limits at run time; the limit of one task alone is called `task/<id>`. */
export const concurrencyLimits = {
  list: (params: { page?: number | undefined; perPage?: number | undefined } = {}, options?: ApiRequestOptions) =>
    requestOffsetPages(apiClient(), { path: "/api/v1/concurrency-limits", item: LimitItem, ...params, options }),
  retrieve,
  /** Other bounds than the code's, until they are reset. */
  override,
  reset,
  /** Nothing that holds the limit starts; what runs goes on. */
  pause: (name: string, options?: ApiRequestOptions) => pause(name, "pause", options),
  resume: (name: string, options?: ApiRequestOptions) => pause(name, "resume", options),
};
