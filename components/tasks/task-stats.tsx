"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { TaskStats as Stats } from "@/lib/contracts/dashboard";
import { formatCount } from "@/lib/view/format";
import { defaultHours, ranges, retentionDays, seriesOf, stepWords, totalOf } from "@/lib/view/task-chart";
import { useUrlState } from "../frame/url-state";
import { getJson } from "../live/api";
import { statusLook } from "../runs/status";
import { cn } from "../ui/cn";
import { lazily } from "../ui/lazily";
import { PanelHead } from "../ui/page";
import { Segmented } from "../ui/segmented";
import { Skeleton } from "../ui/skeleton";
import { ErrorState } from "../ui/state";
import { toneText } from "../ui/tone";

const Loading = () => <Skeleton className="h-50 w-full" />;
const ActivityChart = lazily(async () => (await import("./charts")).ActivityChart, Loading);
const LatencyChart = lazily(async () => (await import("./charts")).LatencyChart, Loading);
const rereadMs = 30_000;

/** Activity and latency over time, from counters: as fast with ten million runs as with ten. */
export function TaskCharts({ taskId, initial }: { taskId: string; initial: Stats }) {
  const [url, setUrl] = useUrlState("replace");
  const hours = ranges.find((range) => String(range.hours) === url.get("hours"))?.hours ?? defaultHours;
  const query = useQuery({
    queryKey: ["task-stats", taskId, hours],
    queryFn: ({ signal }) => getJson<Stats>(`/api/dashboard/tasks/${encodeURIComponent(taskId)}/stats?hours=${hours}`, signal),
    ...(hours === defaultHours ? { initialData: initial } : {}),
    refetchInterval: rereadMs,
  });
  const stats = query.data;
  const series = stats === undefined ? [] : seriesOf(stats.points);
  const range = ranges.find((candidate) => candidate.hours === hours);
  const said =
    stats === undefined ? undefined : `last ${range?.label ?? ""}, a point per ${stepWords(stats.stepMinutes)}; kept ${retentionDays} days`;

  return (
    <section aria-label="Activity and latency" className="border-b border-line">
      <PanelHead title="Activity and latency" detail={said}>
        <Segmented
          label="Time range"
          value={String(hours)}
          onChange={(value) => setUrl({ hours: value === String(defaultHours) ? null : value })}
          options={ranges.map((r) => ({ value: String(r.hours), label: r.label }))}
        />
      </PanelHead>
      {query.error === null ? null : (
        <ErrorState
          className="m-4"
          title="The charts could not be read"
          detail={query.error.message}
          onRetry={() => void query.refetch()}
        />
      )}
      <div className="grid gap-x-6 lg:grid-cols-2">
        <Chart
          title="Finished runs"
          legend={series.map((status) => (
            <span key={status} className={cn("flex items-center gap-1", toneText[statusLook[status].tone])}>
              {statusLook[status].word}{" "}
              <span className="font-mono">{formatCount(stats === undefined ? 0 : totalOf(stats.points, status))}</span>
            </span>
          ))}
        >
          {stats === undefined ? <Loading /> : series.length === 0 ? <Nothing /> : <ActivityChart stats={stats} hours={hours} />}
        </Chart>
        <Chart
          title="Compute time of completed runs"
          legend={[
            <span key="50" className="text-moving">
              – p50
            </span>,
            <span key="95" className="text-parked">
              - - p95
            </span>,
          ]}
        >
          {stats === undefined ? (
            <Loading />
          ) : stats.points.every((point) => point.p50Ms === null) ? (
            <Nothing />
          ) : (
            <LatencyChart stats={stats} hours={hours} />
          )}
        </Chart>
      </div>
    </section>
  );
}

const Chart = ({ title, legend, children }: { title: string; legend: ReactNode; children: ReactNode }) => (
  <figure className="min-w-0 px-4 pt-2 pb-3">
    <figcaption className="flex min-h-6 flex-wrap items-center gap-x-3 text-sm">
      <span className="font-medium">{title}</span>
      {legend}
    </figcaption>
    <div className="h-50">{children}</div>
  </figure>
);
const Nothing = () => <p className="flex h-full items-center justify-center text-faint">Nothing finished in this time.</p>;
