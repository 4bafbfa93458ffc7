import { debounceLimits } from "@/lib/contracts/limits";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { parseDuration } from "@/lib/time/duration";
import { encodeText } from "../../db/text";
import { EngineError } from "../error";

/** What a debounced trigger asks for, checked. */
export interface Debounce {
  key: string;
  delayMs: number;
  /** From the creation of the run that is pushed; null: it may be pushed for ever. */
  maxDelayMs: number | null;
  /** When it was asked for, epoch ms. */
  at: number;
  /** What the run takes over from this call; null: the first call's is kept. */
  takes: Takes | null;
}
/** Of what a call may leave out, what it gives. Its payload counts always. */
type Takes = Record<"tags" | "metadata" | "maxAttempts" | "maxDuration" | "machine", boolean>;

const invalid = (field: string, message: string) =>
  new EngineError(422, message, { param: `options.debounce.${field}`, issues: [{ path: `options.debounce.${field}`, message }] });

/** Throws 422. `ceilingMs`: for calls that set no `maxDelay`. */
export function checkDebounce({ debounce, ...options }: TriggerOptions, at: number, ceilingMs: number | null): Debounce | null {
  if (debounce === undefined) return null;
  const { key, mode = "leading" } = debounce;
  if (key === "" || key.length > debounceLimits.keyLength)
    throw invalid("key", `A debounce key has 1 to ${debounceLimits.keyLength} characters; this one has ${key.length}.`);
  if (encodeText(key) !== key) throw invalid("key", "A key may not contain NUL, U+0001 or unpaired surrogates.");
  const delayMs = durationOf(debounce.delay);
  if (delayMs === null || delayMs < debounceLimits.minDelayMs)
    throw invalid("delay", `"${debounce.delay.slice(0, 60)}" is not a duration of at least 1 s, such as "5s" or "1h30m"; a date is none.`);
  const maxDelayMs = debounce.maxDelay === undefined ? null : durationOf(debounce.maxDelay);
  if (debounce.maxDelay !== undefined && maxDelayMs === null)
    throw invalid("maxDelay", `"${debounce.maxDelay.slice(0, 60)}" is not a duration, such as "10m".`);
  if (maxDelayMs !== null && maxDelayMs <= delayMs)
    throw invalid(
      "maxDelay",
      `maxDelay (${debounce.maxDelay}) must be longer than delay (${debounce.delay}), or no call could push the run.`,
    );
  const takes = {
    tags: options.tags !== undefined,
    metadata: options.metadata !== undefined && options.metadata !== null,
    maxAttempts: options.maxAttempts !== undefined,
    maxDuration: options.maxDuration !== undefined,
    machine: options.machine !== undefined,
  };
  return { key, delayMs, maxDelayMs: maxDelayMs ?? ceilingMs, at, takes: mode === "trailing" ? takes : null };
}

function durationOf(text: string): number | null {
  const ms = parseDuration(text);
  return ms === null || ms > debounceLimits.maxDelayMs ? null : ms;
}

/**
 * When the run starts after this call, epoch ms: never earlier than before, and in whole seconds, so that a key that is triggered all
 * the time moves its run once per second. Null: that would be later than `maxDelay` allows, and the call makes a run of its own.
 */
export function pushedDue(
  run: { createdMs: number; dueMs: number },
  { at, delayMs, maxDelayMs }: Pick<Debounce, "at" | "delayMs" | "maxDelayMs">,
): number | null {
  const due = Math.floor((at + delayMs) / 1000) * 1000;
  if (maxDelayMs !== null && due > run.createdMs + maxDelayMs) return null;
  return Math.max(run.dueMs, due);
}
