import type { Subject } from "../subject";

export interface Figure {
  value: number;
  /** Beside the value, such as the sample size. */
  note?: string;
}

/** One line of the report: the same measurement of every subject that can do it. */
export interface Line {
  name: string;
  unit: string;
  better: "lower" | "higher";
  /** What the design asks of the product on a 2-core machine. */
  bar?: number;
  /** By subject. */
  figures: Map<string, Figure>;
}

/** Figures of one subject, by the name of their line. */
export type Measured = Map<string, Figure>;

export interface Row {
  /** As on the command line. */
  id: string;
  lines: Omit<Line, "figures">[];
  /** Longest time that one subject may take, in ms. */
  limitMs: number;
  measure(subject: Subject, scale: Scale): Promise<Measured>;
}

/** `--quick` takes a tenth: to see that everything works, not to quote. */
export type Scale = (count: number) => number;

/** Runs `work` in `callers` loops until the time is over or `most` calls are made. */
export async function loop(options: { callers: number; ms: number; most: number }, work: () => Promise<void>): Promise<{ calls: number; ms: number; latencies: number[] }> {
  const from = performance.now();
  const until = from + options.ms;
  const latencies: number[] = [];
  let begun = 0;
  const caller = async () => {
    while (begun < options.most) {
      const before = performance.now();
      if (before >= until) return;
      begun++;
      await work();
      latencies.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: options.callers }, caller));
  return { calls: latencies.length, ms: performance.now() - from, latencies };
}

export const perSecond = (count: number, ms: number): number => (count / ms) * 1_000;
