import { toneColor, type Tone } from "@/components/ui/tone";
import type { Activity } from "@/lib/contracts/dashboard";
import { runStatuses } from "@/lib/contracts/run-status";
import { statusLook } from "./status";

export interface ActivityBar {
  fromMs: number;
  toMs: number;
  total: number;
  failed: number;
  /** What did not fail, from the axis up. */
  parts: readonly { tone: Tone; count: number; color: string }[];
}

/** From the axis up: what went well, what goes on, what waits. Failures have an axis of their own. */
const order: readonly Tone[] = ["good", "moving", "parked", "asks", "needs", "idle"];

export function activityBars({ points, stepMinutes }: Pick<Activity, "points" | "stepMinutes">): ActivityBar[] {
  return points.map(({ at, counts }) => {
    const countOf = (tone: Tone): number =>
      runStatuses.filter((status) => statusLook[status].tone === tone).reduce((sum, status) => sum + (counts[status] ?? 0), 0);
    const parts = order.map((tone) => ({ tone, color: toneColor[tone], count: countOf(tone) }));
    const failed = countOf("bad");
    const fromMs = Date.parse(at);
    return { fromMs, toMs: fromMs + stepMinutes * 60_000, parts, failed, total: failed + parts.reduce((sum, part) => sum + part.count, 0) };
  });
}
