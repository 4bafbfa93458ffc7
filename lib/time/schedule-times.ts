import { parseWindow } from "@/lib/contracts/schedule";
import { newestTick, nextTick, type CronTimes } from "./cron";

export interface ScheduleTimes extends CronTimes {
  /** See `parseWindow`. */
  window: string | null;
  /** Where in its window the schedule has its place: 0 to 1, 1 excluded. */
  phase: number;
}

export interface Due {
  /** The cron's time, epoch ms. */
  tick: number;
  /** When its run is made. */
  due: number;
}

/** When the run of a tick is made: with a window later than the tick, and never later than the tick after it. */
export function dueOf(times: ScheduleTimes, tick: number): number {
  const window = times.window === null ? null : parseWindow(times.window);
  if (window === null) return tick;
  const following = nextTick(times, tick);
  const interval = following === null ? Number.POSITIVE_INFINITY : following - tick;
  const range =
    window.type === "duration" ? Math.min(window.ms, interval) : following === null ? 0 : Math.floor((interval * window.percent) / 100);
  return tick + Math.floor(range * times.phase);
}

/**
 * The tick to fire after `after`: the newest that has come and whose run is still to be made, else the next that comes. Ticks whose
 * time is over are passed. Null: there is none any more.
 */
export function dueAfter(times: ScheduleTimes, after: number, now: number): Due | null {
  const begun = times.window === null || after >= now ? null : newestTick(times, after, now);
  if (begun !== null) {
    const due = dueOf(times, begun);
    if (due > now) return { tick: begun, due };
  }
  const tick = nextTick(times, Math.max(after, now));
  return tick === null ? null : { tick, due: dueOf(times, tick) };
}
