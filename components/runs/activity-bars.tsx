"use client";
import { useBrush } from "@/components/ui/use-brush";
import { formatClock, formatInstant, plural } from "@/lib/view/format";
import type { ActivityBar } from "./activity";

/** Height of what went otherwise, and of failures below it: each with a scale of its own, so that few failures among many runs show. */
const upper = 28;
const lower = 12;
const dayMs = 24 * 3_600_000;

/** Drag over bars to set the time to them, or click one. */
export function ActivityBars({
  bars,
  words,
  onRange,
}: {
  bars: readonly ActivityBar[];
  words: string;
  onRange: (fromMs: number, toMs: number) => void;
}) {
  const brush = useBrush(bars.length, (first, last) => {
    const [from, to] = [bars[first], bars[last]];
    if (from && to) onRange(from.fromMs, to.toMs - 1);
  });
  const most = Math.max(1, ...bars.map((bar) => bar.total - bar.failed));
  const mostFailed = Math.max(1, ...bars.map((bar) => bar.failed));
  const hovered = brush.over === null ? undefined : bars[brush.over];
  const isLong = (bars.at(-1)?.toMs ?? 0) - (bars[0]?.fromMs ?? 0) > dayMs;

  return (
    <div className="relative h-full">
      <svg
        role="img"
        aria-label={words}
        viewBox={`0 0 ${bars.length} ${upper + lower}`}
        preserveAspectRatio="none"
        className="h-full w-full cursor-crosshair touch-none"
        {...brush.handlers}
      >
        {bars.map((bar, index) => {
          let top = upper;
          const failed = bar.failed === 0 ? 0 : Math.max(2, (bar.failed / mostFailed) * lower);
          return (
            <g key={bar.fromMs} opacity={brush.isOutside(index) ? 0.35 : 1}>
              <rect x={index} y={0} width={1} height={upper + lower} fill={brush.over === index ? "var(--hover)" : "transparent"} />
              <rect x={index + 0.1} y={upper - 0.5} width={0.8} height={1} fill="var(--line-strong)" />
              {bar.parts.map((part) => {
                const size = part.count === 0 ? 0 : Math.max(1, (part.count / most) * (upper - 1));
                top -= size;
                return part.count === 0 ? null : (
                  <rect key={part.tone} x={index + 0.1} y={top} width={0.8} height={size} fill={part.color} />
                );
              })}
              {failed === 0 ? null : <rect x={index + 0.1} y={upper + 0.5} width={0.8} height={failed} fill="var(--bad-bar)" />}
            </g>
          );
        })}
      </svg>
      {hovered ? (
        <div className="pointer-events-none absolute bottom-full left-1/2 z-30 mb-1 -translate-x-1/2 rounded bg-raised px-2 py-1 text-sm whitespace-nowrap shadow-float">
          <span className="font-mono text-faint">
            {isLong ? formatInstant(hovered.fromMs, "local").slice(5, 16) : formatClock(hovered.fromMs, "local").slice(0, 5)}
          </span>{" "}
          {plural(hovered.total, "run")}
          {hovered.failed > 0 ? <span className="text-bad"> · {hovered.failed} failed</span> : null}
        </div>
      ) : null}
    </div>
  );
}
