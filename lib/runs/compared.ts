import type { TaskUsual } from "@/lib/contracts/dashboard";

/** Fewer runs do not say what is usual. */
const leastRuns = 10;
/** A run is much slower when it has taken so many times as long as nearly all others, and long enough to matter. */
const slowFactor = 2;
const slowFromMs = 1_000;

/** What is usual for a task, and how many times that a run has taken when it is much slower; null while too few runs tell. */
export function compareWithUsual(computedMs: number, { runs, p50Ms, p95Ms }: TaskUsual): { usualMs: number; slower: number | null } | null {
  if (runs < leastRuns || p50Ms === null || p95Ms === null || p50Ms <= 0) return null;
  const isSlow = computedMs >= slowFromMs && computedMs > p95Ms * slowFactor;
  return { usualMs: p50Ms, slower: isSlow ? computedMs / p50Ms : null };
}
