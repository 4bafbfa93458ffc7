import { retryDefaults, type RetryOptions } from "@/lib/contracts/task";

/**
 * ms to wait after failed attempt `attempt` (from 1): min(max, r · min · factor^(attempt − 1)), r = 1, or `random` mapped to [1, 2);
 * null when no attempt is left. `random` is in [0, 1). Gaps in the options are filled from `retryDefaults`.
 */
export function retryDelay(options: RetryOptions, attempt: number, random: number): number | null {
  if (attempt >= (options.maxAttempts ?? retryDefaults.maxAttempts)) return null;
  const spread = (options.randomize ?? retryDefaults.randomize) ? 1 + random : 1;
  const delay =
    spread * (options.minTimeoutInMs ?? retryDefaults.minTimeoutInMs) * (options.factor ?? retryDefaults.factor) ** (attempt - 1);
  // 0 · ∞ is not a number: a minimum of 0 stays 0 however large the factor's power is.
  return Math.round(Math.min(options.maxTimeoutInMs ?? retryDefaults.maxTimeoutInMs, Number.isNaN(delay) ? 0 : delay));
}
