"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState, type PointerEvent } from "react";
import { getJson } from "@/components/live/api";
import { useCounts, usePolling } from "@/components/live/hooks";
import { useClock } from "@/components/live/live-provider";
import { Skeleton } from "@/components/ui/skeleton";
import type { Activity } from "@/lib/contracts/dashboard";
import { formatClock, formatCount, formatInstant, plural } from "@/lib/view/format";
import { setSingle, windowMs, type RunsView } from "@/lib/runs/run-filter";
import { activityBars, countOf, type ActivityBar } from "./activity";

const hourMs = 3_600_000;
/** News of runs refresh the strip at most this often. */
const refreshMs = 5_000;
const height = 40;

const hoursOf = (view: RunsView): number => Math.min(24 * 30, Math.max(1, Math.ceil((view.last === undefined ? 24 * hourMs : (windowMs(view.last) ?? 24 * hourMs)) / hourMs)));

/** Finished runs over time, stacked by how they ended. Drag across it to set the time range. */
export function ActivityStrip({ view, onChange }: { view: RunsView; onChange: (next: RunsView) => void }) {
  const clock = useClock();
  const { interval, measure } = usePolling();
  const hours = hoursOf(view);
  const task = view.task.length === 1 ? view.task[0] : undefined;
  const query = useQuery({
    queryKey: ["activity", task ?? "", hours],
    queryFn: ({ signal }) => measure(() => getJson<Activity>(`/api/dashboard/activity?${new URLSearchParams({ hours: String(hours), ...(task !== undefined && { task }) })}`, signal)),
    refetchInterval: interval,
  });
  useRefreshOnNews();
  const bars = useMemo(() => {
    if (!query.data) return null;
    const now = Math.max(clock.now(), query.dataUpdatedAt);
    return activityBars(query.data, now - hours * hourMs, now);
  }, [query.data, query.dataUpdatedAt, hours, clock]);

  return (
    <div className="flex h-16 shrink-0 items-end gap-6 border-b border-line px-4 pb-2">
      <div className="h-10 min-w-0 flex-1">
        {bars ? (
          <Bars bars={bars} onRange={(from, to) => onChange(setSingle(setSingle(view, "from", new Date(from).toISOString()), "to", new Date(to).toISOString()))} />
        ) : query.isError ? (
          <p className="text-sm text-faint">Activity could not be read.</p>
        ) : (
          <Skeleton className="h-full" />
        )}
      </div>
      <Summary bars={bars} hours={hours} task={task} />
    </div>
  );
}

function Summary({ bars, hours, task }: { bars: readonly ActivityBar[] | null; hours: number; task: string | undefined }) {
  const counts = useCounts().data;
  const failed = bars ? countOf(bars, "bad") : 0;
  return (
    <p className="hidden shrink-0 text-right text-sm text-faint sm:block">
      <span className="block">
        <span className="font-mono text-fg">{bars ? formatCount(bars.reduce((sum, bar) => sum + bar.total, 0)) : "–"}</span> finished in {hours === 1 ? "the last hour" : `${hours} h`}
        {task === undefined ? "" : `, ${task}`}
      </span>
      <span className={failed > 0 ? "text-bad" : ""}>
        <span className="font-mono">{formatCount(failed)}</span> failed
      </span>
      {counts && task === undefined ? (
        <>
          {" · "}
          <span className={counts.running > 0 ? "text-moving" : ""}>
            <span className="font-mono">{formatCount(counts.running)}</span> running
          </span>
          {" · "}
          <span className="font-mono">{formatCount(counts.queued)}</span> queued
        </>
      ) : null}
    </p>
  );
}

/** The socket says that runs changed; the strip follows, without a poll. */
function useRefreshOnNews(): void {
  const counts = useCounts().data;
  const queries = useQueryClient();
  const first = useRef(counts);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (counts === undefined || first.current === undefined) {
      first.current = counts;
      return;
    }
    // A timer that runs is left alone: news that never end would put it off for ever.
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void queries.invalidateQueries({ queryKey: ["activity"] });
    }, refreshMs);
  }, [counts, queries]);
  useEffect(() => () => clearTimeout(timer.current), []);
}

function Bars({ bars, onRange }: { bars: readonly ActivityBar[]; onRange: (from: number, to: number) => void }) {
  const [range, setRange] = useState<{ from: number; to: number } | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const max = Math.max(1, ...bars.map((bar) => bar.total));
  const indexAt = (event: PointerEvent<Element>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(bars.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars.length)));
  };
  const hovered = over === null ? undefined : bars[over];
  const low = range ? Math.min(range.from, range.to) : 0;
  const high = range ? Math.max(range.from, range.to) : -1;
  const total = bars.reduce((sum, bar) => sum + bar.total, 0);

  return (
    <div className="relative h-full">
      <svg
        role="img"
        aria-label={`${plural(total, "finished run")}, ${countOf(bars, "bad")} failed. Set a time range with the time menu, or by dragging here.`}
        viewBox={`0 0 ${bars.length} ${height}`}
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
          if (range && from && to) onRange(from.fromMs, to.toMs);
        }}
      >
        {bars.map((bar, index) => {
          let top = height;
          return (
            <g key={bar.fromMs} opacity={range && (index < low || index > high) ? 0.35 : 1}>
              <rect x={index} y={0} width={1} height={height} fill={over === index ? "var(--hover)" : "transparent"} />
              <rect x={index + 0.1} y={height - 1} width={0.8} height={1} fill="var(--line)" />
              {bar.parts.map((part) => {
                const size = (part.count / max) * (height - 1);
                top -= size;
                return part.count === 0 ? null : <rect key={part.tone} x={index + 0.1} y={top} width={0.8} height={Math.max(size, 1)} fill={part.color} />;
              })}
            </g>
          );
        })}
      </svg>
      {hovered ? (
        <div className="pointer-events-none absolute bottom-full left-1/2 z-30 mb-1 -translate-x-1/2 rounded bg-raised px-2 py-1 text-sm whitespace-nowrap shadow-float">
          <span className="font-mono text-faint">{bars.length * (hovered.toMs - hovered.fromMs) > 24 * hourMs ? formatInstant(hovered.fromMs, "local").slice(5, 16) : formatClock(hovered.fromMs, "local").slice(0, 5)}</span> {plural(hovered.total, "run")}
          {hovered.parts.find((part) => part.tone === "bad" && part.count > 0) ? <span className="text-bad"> · {hovered.parts.find((part) => part.tone === "bad")?.count} failed</span> : null}
        </div>
      ) : null}
    </div>
  );
}
