import { toneColor, type Tone } from "@/components/ui/tone";
import type { Activity } from "@/lib/contracts/dashboard";
import { runStatuses } from "@/lib/contracts/run-status";
import { statusLook } from "./status";

export interface ActivityBar {
  fromMs: number;
  toMs: number;
  total: number;
  parts: readonly { tone: Tone; count: number; color: string }[];
}

const order: readonly Tone[] = ["good", "idle", "bad"];

/** Bars of the last hours, empty steps included, so that the axis is time and not what happened. */
export function activityBars(activity: Activity, fromMs: number, toMs: number): ActivityBar[] {
  const step = activity.stepMinutes * 60_000;
  const byStart = new Map(activity.points.map((point) => [Math.floor(Date.parse(point.at) / step) * step, point.counts]));
  const bars: ActivityBar[] = [];
  for (let at = Math.floor(fromMs / step) * step; at < toMs; at += step) {
    const counts = byStart.get(at) ?? {};
    const parts = order.map((tone) => ({
      tone,
      color: toneColor[tone],
      count: runStatuses.filter((status) => toneOf(status) === tone).reduce((sum, status) => sum + (counts[status] ?? 0), 0),
    }));
    bars.push({ fromMs: at, toMs: at + step, parts, total: parts.reduce((sum, part) => sum + part.count, 0) });
  }
  return bars;
}

const toneOf = (status: (typeof runStatuses)[number]): Tone => statusLook[status].tone;

export const countOf = (bars: readonly ActivityBar[], tone: Tone): number => bars.reduce((sum, bar) => sum + (bar.parts.find((part) => part.tone === tone)?.count ?? 0), 0);
