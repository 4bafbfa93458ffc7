import { retryDelay } from "@/lib/time/backoff";
import { retryDefaults } from "@/lib/contracts/task";
import { InternalError, isNamed, messageOf } from "../errors";
import type { HandleErrorModificationOptions } from "../hook-types";
import { numberMeant } from "../meant";
import type { RetryOptions } from "../options";

export interface FailedAttempt {
  error: unknown;
  /** Number of the attempt, from 1. */
  attempt: number;
  /** The task's own, whole; else the config's. */
  retry: RetryOptions | undefined;
  /** Given at the trigger: it only overrides the number within retry options that exist. */
  maxAttempts: number | undefined;
  environment: string;
  enabledInDev: boolean | undefined;
}

export interface CatchErrorParams {
  error: unknown;
  retry?: RetryOptions | undefined;
  retryAt?: Date | undefined;
  retryDelayInMs?: number | undefined;
}
/** Asks the task's catchError, then the global ones; the first answer counts. */
export type CatchError = (params: CatchErrorParams) => Promise<HandleErrorModificationOptions | undefined>;

export type RetryDecision = { error: unknown } & ({ kind: "retry"; delayMs: number } | { kind: "final"; skipRetrying: boolean });

/** The worker's proposal; the engine may still refuse it. `random` in [0, 1), `now` epoch ms. */
export async function decideRetry(
  failed: FailedAttempt,
  catchError: CatchError,
  { random, now }: { random: number; now: number },
): Promise<RetryDecision> {
  const { error, attempt } = failed;
  if (mustNotRetry(failed)) return { kind: "final", skipRetrying: true, error };
  if (error instanceof InternalError) return { kind: "final", skipRetrying: false, error };

  const attempts = Math.max(1, failed.maxAttempts ?? failed.retry?.maxAttempts ?? retryDefaults.maxAttempts);
  const retry = failed.retry && { ...retryDefaults, ...failed.retry, maxAttempts: attempts };
  const backoff = retry === undefined ? null : retryDelay(retry, attempt, random);
  const delay = backoff === null ? null : (untilReset(error) ?? backoff);

  let change: HandleErrorModificationOptions | undefined;
  let wanted: number | null;
  try {
    change = await catchError({
      error,
      ...(retry !== undefined && { retry }),
      ...(delay !== null && { retryDelayInMs: delay, retryAt: new Date(now + delay) }),
    });
    wanted = change === undefined ? delay : changedDelay(change, { attempt, random, now });
  } catch (cause) {
    return {
      kind: "final",
      skipRetrying: false,
      error: new InternalError({ code: "HANDLE_ERROR_ERROR", message: messageOf(cause), cause }),
    };
  }
  const reported = change?.error === undefined ? error : change.error;
  if (change?.skipRetrying === true) return { kind: "final", skipRetrying: true, error: reported };
  // The hook may choose when, not how often.
  const isLast = retry === undefined || attempt >= attempts;
  return wanted === null || isLast
    ? { kind: "final", skipRetrying: false, error: reported }
    : { kind: "retry", delayMs: wanted, error: reported };
}

/** Rules that come before catchError and cannot be overruled by it. */
function mustNotRetry({ error, environment, enabledInDev }: FailedAttempt): boolean {
  if (error instanceof InternalError && error.skipRetrying) return true;
  if (isNamed(error, "AbortTaskRunError") || isNamed(error, "TaskPayloadParsedError")) return true;
  const status = apiStatus(error);
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429) return true;
  return environment === "DEVELOPMENT" && enabledInDev === false;
}

function apiStatus(error: unknown): number | undefined {
  if (!isNamed(error, "TriggerApiError")) return undefined;
  const status: unknown = Reflect.get(error, "status");
  return typeof status === "number" ? status : undefined;
}

/** A 429 of the API says when it is over. */
function untilReset(error: unknown): number | undefined {
  if (apiStatus(error) !== 429) return undefined;
  const ms: unknown = Reflect.get(Object(error), "millisecondsUntilReset");
  return typeof ms === "number" ? ms : undefined;
}

function changedDelay(
  { retryAt, retryDelayInMs, retry }: HandleErrorModificationOptions,
  { attempt, random, now }: { attempt: number; random: number; now: number },
): number | null {
  if (retryAt !== undefined) return Math.max(0, numberMeant("retryAt", new Date(retryAt).getTime()) - now);
  if (retryDelayInMs !== undefined) return Math.max(0, numberMeant("retryDelayInMs", retryDelayInMs));
  return retry === undefined ? null : retryDelay(retry, attempt, random);
}
