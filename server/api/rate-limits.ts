import { isLoopbackAddress } from "@/lib/http/loopback";
import { EngineError } from "../engine/error";
import type { Principal } from "./principal";

/** So many requests at once, and as many again within `perMs`, evenly. */
export interface RateLimit {
  requests: number;
  perMs: number;
}

export interface RateLimitSettings {
  /** Of each secret key, personal access token and run. */
  keys: RateLimit;
  /** Of each public access token. */
  publicTokens: RateLimit;
  /** What comes from this machine itself counts too. */
  loopback: boolean;
}

/** For the headers of the answer; `resetAt` is epoch ms. */
export interface RateState {
  limit: number;
  remaining: number;
  resetAt: number;
}

export class RateLimited extends EngineError {
  constructor(readonly state: RateState) {
    super(
      429,
      `Too many requests with this credential: ${state.limit} are let in at a time. Try again in ${Math.max(1, Math.ceil((state.resetAt - Date.now()) / 1000))} s.`,
      { code: "rate_limited" },
    );
  }
}

export interface RateLimits {
  /** Counts one request. Null: it is not limited. Throws `RateLimited`. */
  take(principal: Principal, request: { path: string; address: () => string }): RateState | null;
}

interface Bucket {
  tokens: number;
  /** Epoch ms of the last refill. */
  at: number;
}

/** More credentials at a time are not expected; full buckets say nothing and are dropped. */
const manyBuckets = 10_000;

/** What division leaves below a whole request. */
const rounding = 1e-6;

/** The management API; what is held open (`/realtime`) has caps of its own, and the dashboard's pages ask as people do. */
const limited = /^\/api\/v\d+\//;

/** Token buckets in this process' memory. */
export function createRateLimits(settings: RateLimitSettings, now: () => number = Date.now): RateLimits {
  const buckets = new Map<string, Bucket & { rate: RateLimit }>();

  function dropFull(): void {
    for (const [name, bucket] of buckets) if (refilled(bucket, bucket.rate, now()) >= bucket.rate.requests) buckets.delete(name);
  }

  return {
    take(principal, { path, address }) {
      const name = limited.test(path) ? nameOf(principal) : null;
      if (name === null || (!settings.loopback && isLoopbackAddress(address()))) return null;
      const rate = principal.kind === "public" ? settings.publicTokens : settings.keys;
      const at = now();
      const known = buckets.get(name);
      if (known === undefined && buckets.size >= manyBuckets) dropFull();
      const tokens = known === undefined ? rate.requests : refilled(known, rate, at);
      const msPerToken = rate.perMs / rate.requests;
      if (tokens < 1 - rounding)
        throw new RateLimited({ limit: rate.requests, remaining: 0, resetAt: Math.ceil(at + (1 - tokens) * msPerToken) });
      buckets.set(name, { tokens: Math.max(0, tokens - 1), at, rate });
      return {
        limit: rate.requests,
        remaining: Math.max(0, Math.floor(tokens - 1)),
        resetAt: Math.ceil(at + (rate.requests - tokens + 1) * msPerToken),
      };
    },
  };
}

const refilled = ({ tokens, at }: Bucket, rate: RateLimit, now: number): number =>
  Math.min(rate.requests, tokens + (Math.max(0, now - at) * rate.requests) / rate.perMs);

/** Null: who clicks is not counted. */
function nameOf(principal: Principal): string | null {
  switch (principal.kind) {
    case "key":
      return `key ${principal.keyId}`;
    case "run":
      return `run ${principal.runId}`;
    case "public":
      return `public ${principal.hash}`;
    case "person":
      return `person ${principal.tokenId}`;
    case "session":
      return null;
  }
}

export const rateHeaders = ({ limit, remaining, resetAt }: RateState): Record<string, string> => ({
  "x-ratelimit-limit": String(limit),
  "x-ratelimit-remaining": String(remaining),
  // The published client waits until then; ms.
  "x-ratelimit-reset": String(resetAt),
});
