import type { AlertCondition } from "@/lib/contracts/alerts";
import { failedStatuses, type RunStatus } from "@/lib/contracts/run-status";
import { groupBy, percentile } from "../reads/stats";

/** Runs that were made, ended or started in a part of time, with the bucket of their compute time or wait: floor(2·log2(ms)). */
export interface Cell {
  slot: number;
  status: RunStatus | "created" | "started";
  bucket: number;
  n: number;
}

/** What is in a window: cells come in at one end and go out at the other. */
export class Window {
  created = 0;
  completed = 0;
  failed = 0;
  other = 0;
  readonly durations = new Map<number, number>();
  readonly waits = new Map<number, number>();

  /** `sign` -1: they leave. */
  add(cells: readonly Cell[], sign: 1 | -1): void {
    for (const { status, bucket, n } of cells) {
      const count = n * sign;
      if (status === "created") this.created += count;
      else if (status === "started") put(this.waits, bucket, count);
      else if (status === "COMPLETED") {
        this.completed += count;
        put(this.durations, bucket, count);
      } else if (failedStatuses.includes(status)) this.failed += count;
      else this.other += count;
    }
  }

  /** Null: nothing to measure. Silence has the count of runs that were made. */
  value({ measure, percentile: share, windowMinutes }: AlertCondition): number | null {
    const ended = this.completed + this.failed + this.other;
    switch (measure) {
      case "failures":
        return this.failed;
      case "ends":
        return ended;
      case "rate":
        return ended / windowMinutes;
      case "failureRate":
        return this.completed + this.failed === 0 ? null : (this.failed / (this.completed + this.failed)) * 100;
      case "duration":
        return percentile(this.durations, share / 100);
      case "wait":
        return percentile(this.waits, share / 100);
      case "silence":
        return this.created;
    }
  }
}

function put(buckets: Map<number, number>, bucket: number, n: number): void {
  const next = (buckets.get(bucket) ?? 0) + n;
  if (next === 0) buckets.delete(bucket);
  else buckets.set(bucket, next);
}

export const isBeyond = ({ measure, bound }: AlertCondition, value: number | null): boolean =>
  value !== null && (measure === "silence" ? value === 0 : value > bound);

/** The value at the end of each slot over the `width` slots up to it, from the first whole window on. */
export function slide(
  condition: AlertCondition,
  cells: readonly Cell[],
  { slots, width }: { slots: number; width: number },
): { slot: number; value: number | null }[] {
  const bySlot = groupBy(cells, (cell) => cell.slot);
  const window = new Window();
  const values: { slot: number; value: number | null }[] = [];
  for (let slot = 0; slot < slots; slot++) {
    window.add(bySlot.get(slot) ?? [], 1);
    if (slot >= width) window.add(bySlot.get(slot - width) ?? [], -1);
    if (slot >= width - 1) values.push({ slot, value: window.value(condition) });
  }
  return values;
}
