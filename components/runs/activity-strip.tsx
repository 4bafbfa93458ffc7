"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { getJson } from "@/components/live/api";
import { usePolling, useReadWithCounts } from "@/components/live/hooks";
import { useZone } from "@/components/live/time";
import { Skeleton } from "@/components/ui/skeleton";
import type { Activity } from "@/lib/contracts/dashboard";
import type { RunFilter } from "@/lib/contracts/realtime";
import { filterKey } from "@/lib/runs/match-run";
import { filterParams, setSingle, type RunsView } from "@/lib/runs/run-filter";
import { searchedText } from "@/lib/runs/searched";
import { formatCount, formatInstant, plural } from "@/lib/view/format";
import { activityBars } from "./activity";
import { ActivityBars } from "./activity-bars";
import { SystemState } from "./system-state";

/** News of runs refresh the strip at most this often. */
const refreshMs = 5_000;

export interface ActivityStripProps {
  view: RunsView;
  filter: RunFilter;
  onChange: (next: RunsView) => void;
}

/** What the filter finds, over time and in number, and what the environment does. */
export function ActivityStrip({ view, filter, onChange }: ActivityStripProps) {
  const { interval, measure } = usePolling();
  const query = useQuery({
    queryKey: ["activity", filterKey(filter)],
    queryFn: ({ signal }) => measure(() => getJson<Activity>(`/api/dashboard/activity?${filterParams(filter)}`, signal)),
    refetchInterval: interval,
    staleTime: refreshMs,
  });
  useReadWithCounts(["activity"], refreshMs);
  const { data } = query;
  const bars = useMemo(() => (data === undefined ? null : activityBars(data)), [data]);
  const failed = bars?.reduce((sum, bar) => sum + bar.failed, 0) ?? 0;
  const inBars = bars?.reduce((sum, bar) => sum + bar.total, 0) ?? 0;

  return (
    <div className="flex h-36 shrink-0 flex-col gap-x-6 border-b border-line px-4 py-2 sm:h-16 sm:flex-row">
      <div className="h-12 min-w-0 sm:flex-1">
        {bars ? (
          <ActivityBars
            bars={bars}
            words={`${plural(inBars, "run")}, ${formatCount(failed)} failed. Set a time range with the time menu, or by dragging here.`}
            onRange={(from, to) =>
              onChange(setSingle(setSingle(view, "from", new Date(from).toISOString()), "to", new Date(to).toISOString()))
            }
          />
        ) : query.isError ? (
          <p className="text-sm text-faint">Activity could not be read.</p>
        ) : (
          <Skeleton className="h-full" />
        )}
      </div>
      <div className="flex min-w-0 shrink-0 flex-col max-sm:mt-1 sm:items-end sm:justify-center" title={searchedText(view) ?? undefined}>
        <Total activity={data} failed={failed} hasFrom={filter.from !== undefined} />
        <SystemState view={view} onChange={onChange} />
      </div>
    </div>
  );
}

/** `412 runs · 9 failed in 24 h`. */
function Total({ activity, failed, hasFrom }: { activity: Activity | undefined; failed: number; hasFrom: boolean }) {
  const zone = useZone();
  if (activity === undefined) return <p className="h-5 text-sm text-faint">–</p>;
  const { count, more } = activity.total;
  const part = activity.partFrom === undefined ? "" : `, counted since ${formatInstant(Date.parse(activity.partFrom), zone).slice(5, 16)}`;
  const ended = activity.by === "end" ? ", bars by when runs ended" : "";
  return (
    <p data-total className="h-5 truncate px-1.5 text-sm text-faint">
      <span className="font-mono text-fg">
        {formatCount(count)}
        {more ? "+" : ""}
      </span>{" "}
      {count === 1 && !more ? "run" : "runs"} ·{" "}
      <span className={failed > 0 ? "text-bad" : ""}>
        <span className="font-mono">{formatCount(failed)}</span> failed
      </span>
      {hasFrom ? "" : " in 24 h"}
      <span className="max-lg:hidden">
        {part}
        {ended}
      </span>
    </p>
  );
}
