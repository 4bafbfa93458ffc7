import type { TaskStats } from "@/lib/contracts/dashboard";
import type { RunStatus } from "@/lib/contracts/status";

/** Ranges of a task's charts; counters are kept for 30 days. */
export const ranges = [
  { hours: 1, label: "1 h" },
  { hours: 24, label: "24 h" },
  { hours: 168, label: "7 d" },
  { hours: 720, label: "30 d" },
] as const;
export const retentionDays = 30;
export const defaultHours = 24;

/** Bottom to top: what went well lies on the axis, so that failures stand out above it. */
const stackOrder: readonly RunStatus[] = ["COMPLETED", "CANCELED", "EXPIRED", "TIMED_OUT", "FAILED", "CRASHED", "SYSTEM_FAILURE"];

/** Statuses that occur, in the order of the stack. */
export function seriesOf(points: TaskStats["points"]): RunStatus[] {
  const present = new Set(points.flatMap((point) => Object.keys(point.counts)));
  return stackOrder.filter((status) => present.has(status));
}

export const totalOf = (points: TaskStats["points"], status: RunStatus): number =>
  points.reduce((sum, point) => sum + (point.counts[status] ?? 0), 0);

/** `Mon 14:00`, `14:05` or `23 Nov`, by how much the chart shows. */
export function tickLabel(at: string, hours: number, zone?: string): string {
  const date = new Date(at);
  const options: Intl.DateTimeFormatOptions =
    hours <= 24
      ? { hour: "2-digit", minute: "2-digit" }
      : hours <= 168
        ? { weekday: "short", hour: "2-digit", minute: "2-digit" }
        : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat("en-GB", { ...options, hour12: false, ...(zone === undefined ? {} : { timeZone: zone }) }).format(date);
}

/** `15 minutes`, `2 hours`. */
export const stepWords = (minutes: number): string =>
  minutes < 60 ? `${minutes} ${minutes === 1 ? "minute" : "minutes"}` : `${minutes / 60} ${minutes === 60 ? "hour" : "hours"}`;

export interface SparkBar {
  x: number;
  /** Height of what completed and of what failed on top, 0 to 1. */
  completed: number;
  failed: number;
}

/** Bars of a small chart; its tallest bar fills the height. */
export function sparkBars(hourly: readonly { completed: number; failed: number }[]): SparkBar[] {
  const top = Math.max(1, ...hourly.map(({ completed, failed }) => completed + failed));
  return hourly.map(({ completed, failed }, x) => ({ x, completed: completed / top, failed: failed / top }));
}
