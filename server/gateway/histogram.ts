/** Upper bounds in ms. */
const bounds = [5, 10, 16, 25, 35, 50, 75, 100, 150, 250, 500, 1_000, 2_500, 10_000];

export interface HistogramValue {
  count: number;
  sum: number;
  /** Samples at or below each bound; the last is unbounded. */
  buckets: { le: number; count: number }[];
}

export interface Histogram {
  observe(ms: number): void;
  value(): HistogramValue;
}

export function createHistogram(): Histogram {
  const counts = bounds.map(() => 0);
  let count = 0;
  let sum = 0;
  return {
    observe(ms) {
      if (!Number.isFinite(ms) || ms < 0) return;
      count += 1;
      sum += ms;
      const index = bounds.findIndex((bound) => ms <= bound);
      if (index !== -1) counts[index] = (counts[index] ?? 0) + 1;
    },
    value() {
      let total = 0;
      const buckets = bounds.map((le, i) => ({ le, count: (total += counts[i] ?? 0) }));
      return { count, sum, buckets: [...buckets, { le: Number.POSITIVE_INFINITY, count }] };
    },
  };
}
