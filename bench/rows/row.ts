import type { Loaded } from "../load/callers";
import { now } from "../clock";
import type { Limits, Subject } from "../subject";

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
  /** By subject. */
  figures: Map<string, Figure>;
}

export type LineHead = Omit<Line, "figures">;

/** Figures of one subject, by the name of their line. */
export type Measured = Map<string, Figure>;

export interface Row {
  /** As on the command line. */
  id: string;
  lines: readonly LineHead[];
  /** Longest time that one subject may take, in ms. */
  limitMs: number;
  measure(subject: Subject, scale: Scale): Promise<Measured>;
}

/** `--quick` takes a tenth: to see that everything works, not to quote. */
export type Scale = (count: number) => number;

/** Runs `work` in `callers` loops of this process until the time is over or `most` calls are made. */
export async function loop({ callers, ms, most }: Limits, work: () => Promise<unknown>): Promise<Loaded> {
  const cpuBefore = process.cpuUsage();
  const from = now();
  const latencies: number[] = [];
  let begun = 0;
  const caller = async () => {
    while (begun < most) {
      const before = now();
      if (before - from >= ms) return;
      begun++;
      await work();
      latencies.push(now() - before);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    calls: latencies.length,
    ms: now() - from,
    latencies: Float64Array.from(latencies),
    starts: new Float64Array(),
    cpuMs: (user + system) / 1_000,
  };
}

export const perSecond = (count: number, ms: number): number => (count / ms) * 1_000;
