/** Nearest rank: p of 0.5 is the median. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) throw new Error("no values");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

export interface Spread {
  p50: number;
  p95: number;
  p99: number;
  n: number;
}

export const spread = (values: readonly number[]): Spread => ({
  p50: percentile(values, 0.5),
  p95: percentile(values, 0.95),
  p99: percentile(values, 0.99),
  n: values.length,
});

/** How many times better `ours` is than `theirs`: above 1 we win, whichever direction is good. */
export const ratio = (ours: number, theirs: number, better: "lower" | "higher"): number => (better === "higher" ? ours / theirs : theirs / ours);
