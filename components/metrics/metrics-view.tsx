"use client";
import { useQuery } from "@tanstack/react-query";
import { BellRing, ChartLine } from "lucide-react";
import { useGo } from "@/components/frame/leaving";
import { useUrlState } from "@/components/frame/url-state";
import { getJson, messageOf } from "@/components/live/api";
import { usePolling, useReadWithCounts } from "@/components/live/hooks";
import { Button } from "@/components/ui/button";
import { Choice } from "@/components/ui/choice";
import { Link } from "@/components/ui/link";
import { PanelHead } from "@/components/ui/page";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/state";
import type { Facets } from "@/lib/contracts/dashboard";
import type { Metrics } from "@/lib/contracts/metrics";
import { metricsGroups } from "@/lib/contracts/metrics-choices";
import { formatCount } from "@/lib/view/format";
import { ranges, stepWords } from "@/lib/view/task-chart";
import { Charts } from "./charts";
import { GroupTable } from "./group-table";
import { metricsQuery, runsHref, viewOfMetrics, type MetricsView as MetricsViewState } from "./metrics-query";

const rereadMs = 5_000;
const groupWords = { task: "Task", queue: "Queue", version: "Version" } as const;

/** An alert of the same task and queue; those of a version end with it. */
const alertParams = ({ task, queue }: MetricsViewState) =>
  new URLSearchParams({ new: "failureRate", ...(task !== "" && { task }), ...(queue !== "" && { queue }) });

export function MetricsView({ initial, initialQuery, facets }: { initial: Metrics; initialQuery: string; facets: Facets }) {
  const [params, set] = useUrlState("push");
  const view = viewOfMetrics(params);
  const search = metricsQuery(view).toString();
  const { interval, measure } = usePolling();
  const query = useQuery({
    queryKey: ["metrics", search],
    queryFn: ({ signal }) => measure(() => getJson<Metrics>(`/api/dashboard/metrics?${search}`, signal)),
    refetchInterval: interval,
    placeholderData: (held) => held,
    ...(search === initialQuery && { initialData: initial }),
  });
  useReadWithCounts(["metrics"], rereadMs);
  const go = useGo();
  const { data } = query;
  const isNothing = data !== undefined && data.groups.length === 0;

  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <PanelHead
        title="Metrics"
        detail={data === undefined ? undefined : `by ${stepWords(data.stepMinutes)}; drag over a chart for its runs`}
      >
        <Choice label="Task" none="All tasks" value={view.task} values={facets.tasks} onChange={(task) => set({ task })} />
        <Choice label="Queue" none="All queues" value={view.queue} values={facets.queues} onChange={(queue) => set({ queue })} />
        <Choice
          label="Version"
          none="All versions"
          value={view.version}
          values={facets.versions}
          onChange={(version) => set({ version })}
        />
        <Button asChild size="sm" look="ghost">
          <Link href={`/alerts?${alertParams(view)}`} prefetch={false}>
            <BellRing aria-hidden className="size-3.5" /> Alert
          </Link>
        </Button>
        <Segmented
          label="Time range"
          value={String(view.hours)}
          onChange={(hours) => set({ hours: hours === "24" ? null : hours })}
          options={ranges.map(({ hours, label }) => ({ value: String(hours), label }))}
        />
      </PanelHead>
      {query.error === null ? null : (
        <ErrorState
          className="m-4"
          title="The metrics could not be read"
          detail={messageOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {data === undefined ? (
        <Skeleton className="m-4 h-96" />
      ) : isNothing ? (
        <EmptyState icon={<ChartLine />} title="Nothing started or ended in this time">
          {view.task + view.queue + view.version === ""
            ? "Runs are counted here as they end."
            : "Another task, queue, version or time may have something."}
        </EmptyState>
      ) : (
        <Charts metrics={data} hours={view.hours} hrefOf={(runs) => runsHref(view, runs)} onRuns={(runs) => go(runsHref(view, runs))} />
      )}
      {data === undefined || isNothing ? null : (
        <section aria-label="Groups">
          <PanelHead
            title={`By ${view.by}`}
            detail={
              data.groupCount > data.groups.length
                ? `the ${data.groups.length} with the most ends, of ${formatCount(data.groupCount)}`
                : undefined
            }
          >
            <Segmented
              label="Group by"
              value={view.by}
              onChange={(by) => set({ by: by === "task" ? null : by })}
              options={metricsGroups.map((value) => ({ value, label: groupWords[value] }))}
            />
          </PanelHead>
          <GroupTable metrics={data} view={view} onChoose={(name) => set({ [view.by]: name })} />
        </section>
      )}
    </div>
  );
}
