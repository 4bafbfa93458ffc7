"use client";
import { useState, type PointerEvent } from "react";
import { formatClock, formatInstant, plural } from "@/lib/view/format";
import type { ActivityBar } from "./activity";

/** Height of what went otherwise, and of failures below it: each with a scale of its own, so that few failures among many runs show. */
const upper = 28;
const lower = 12;
const dayMs = 24 * 3_600_000;

/** Drag over bars to set the time to them, or click one. */
export function ActivityBars({ bars, words, onRange }: { bars: readonly ActivityBar[]; words: string; onRange: (fromMs: number, toMs: number) => void }) {
  const [range, setRange] = useState<{ from: number; to: number } | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const most = Math.max(1, ...bars.map((bar) => bar.total - bar.failed));
  const mostFailed = Math.max(1, ...bars.map((bar) => bar.failed));
  const indexAt = (event: PointerEvent<Element>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(bars.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars.length)));
  };
  const hovered = over === null ? undefined : bars[over];
  const low = range ? Math.min(range.from, range.to) : 0;
  const high = range ? Math.max(range.from, range.to) : -1;
  const isLong = (bars.at(-1)?.toMs ?? 0) - (bars[0]?.fromMs ?? 0) > dayMs;

  return (
    <div className="relative h-full">
      <svg
        role="img"
        aria-label={words}
        viewBox={`0 0 ${bars.length} ${upper + lower}`}
        preserveAspectRatio="none"
        className="h-full w-full cursor-crosshair touch-none"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = indexAt(event);
          setRange({ from: at, to: at });
        }}
        onPointerMove={(event) => {
          const at = indexAt(event);
          setOver(at);
          if (range) setRange({ ...range, to: at });
        }}
        onPointerLeave={() => setOver(null)}
        onPointerCancel={() => setRange(null)}
        onPointerUp={() => {
          const from = bars[low];
          const to = bars[high];
          setRange(null);
          if (range && from && to) onRange(from.fromMs, to.toMs - 1);
        }}
      >
        {bars.map((bar, index) => {
          let top = upper;
          const failed = bar.failed === 0 ? 0 : Math.max(2, (bar.failed / mostFailed) * lower);
          return (
            <g key={bar.fromMs} opacity={range && (index < low || index > high) ? 0.35 : 1}>
              <rect x={index} y={0} width={1} height={upper + lower} fill={over === index ? "var(--hover)" : "transparent"} />
              <rect x={index + 0.1} y={upper - 0.5} width={0.8} height={1} fill="var(--line-strong)" />
              {bar.parts.map((part) => {
                const size = part.count === 0 ? 0 : Math.max(1, (part.count / most) * (upper - 1));
                top -= size;
                return part.count === 0 ? null : <rect key={part.tone} x={index + 0.1} y={top} width={0.8} height={size} fill={part.color} />;
              })}
              {failed === 0 ? null : <rect x={index + 0.1} y={upper + 0.5} width={0.8} height={failed} fill="var(--bad-bar)" />}
            </g>
          );
        })}
      </svg>
      {hovered ? (
        <div className="pointer-events-none absolute bottom-full left-1/2 z-30 mb-1 -translate-x-1/2 rounded bg-raised px-2 py-1 text-sm whitespace-nowrap shadow-float">
          <span className="font-mono text-faint">{isLong ? formatInstant(hovered.fromMs, "local").slice(5, 16) : formatClock(hovered.fromMs, "local").slice(0, 5)}</span> {plural(hovered.total, "run")}
          {hovered.failed > 0 ? <span className="text-bad"> · {hovered.failed} failed</span> : null}
        </div>
      ) : null}
    </div>
  );
}
