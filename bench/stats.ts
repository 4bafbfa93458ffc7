/** Nearest rank: p of 0.5 is the median. */
export function percentile(values: Iterable<number>, p: number): number {
  const sorted = [...values].toSorted((a, b) => a - b);
  if (sorted.length === 0) throw new Error("no values");
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

export interface Spread {
  p50: number;
  p95: number;
  p99: number;
  n: number;
}

export const spread = (values: ArrayLike<number> & Iterable<number>): Spread => ({
  p50: percentile(values, 0.5),
  p95: percentile(values, 0.95),
  p99: percentile(values, 0.99),
  n: values.length,
});

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;

/** How many times better `ours` is than `theirs`: above 1 we win, whichever direction is good. */
export const ratio = (ours: number, theirs: number, better: "lower" | "higher"): number =>
  better === "higher" ? ours / theirs : theirs / ours;

/** So that a drift of the machine meets all alike: once there and once back, `a b c c b a`. */
export const thereAndBack = <T>(items: readonly T[]): T[] => (items.length < 2 ? [...items] : [...items, ...items.toReversed()]);

/** Three digits that matter, thousands apart. */
export function format(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
