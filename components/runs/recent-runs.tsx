"use client";
import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/components/live/api";
import { useLiveRuns, usePolling } from "@/components/live/hooks";
import { Ago, Took } from "@/components/live/time";
import { SkeletonRows } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/state";
import type { RunsPage } from "@/lib/contracts/dashboard";
import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { filterKey, matchesFilter } from "@/lib/runs/match-run";
import { filterParams } from "@/lib/runs/run-filter";
import { StatusBadge } from "./status";
import { Link } from "@/components/ui/link";

const shownRuns = 10;

/** The newest runs that match, live. Give the same filter object while it means the same. */
export function RecentRuns({ filter, none }: { filter: RunFilter; none: string }) {
  const { state } = useLiveRuns(filter);
  const { interval, measure } = usePolling();
  const { data, error, refetch } = useQuery({
    queryKey: ["recent-runs", filterKey(filter)],
    queryFn: ({ signal }) => measure(() => getJson<RunsPage>(`/api/dashboard/runs?${filterParams(filter)}&limit=${shownRuns}`, signal)),
    refetchInterval: interval,
    staleTime: 0,
  });
  if (data === undefined)
    return error === null ? (
      <SkeletonRows rows={shownRuns} />
    ) : (
      <ErrorState className="m-4" title="The runs could not be read" detail={error.message} onRetry={() => void refetch()} />
    );
  const byId = new Map<string, RunRow>(data.rows.map((row) => [row.id, row]));
  for (const row of state.data.rows.values())
    if (matchesFilter(row, filter) && (byId.get(row.id)?.version ?? 0) < row.version) byId.set(row.id, row);
  const rows = [...byId.values()].toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)).slice(0, shownRuns);
  if (rows.length === 0) return <p className="px-4 py-6 text-center text-faint">{none}</p>;
  return (
    <ul>
      {rows.map((run) => (
        <li key={run.id} className="border-b border-line">
          <Link href={`/runs/${run.id}`} prefetch={false} className="flex h-9 items-center gap-3 px-4 -outline-offset-2 hover:bg-hover">
            <StatusBadge run={run} className="w-32 shrink-0" />
            <span className="min-w-0 flex-1 truncate font-mono text-sm text-muted">{run.id}</span>
            <span className="min-w-16 shrink-0 text-right font-mono text-sm whitespace-nowrap">
              {run.startedAt === undefined ? null : <Took from={run.startedAt} to={run.finishedAt} />}
            </span>
            <span className="w-16 shrink-0 text-right text-sm text-faint">
              <Ago at={run.createdAt} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
