"use client";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useGo } from "@/components/frame/leaving";
import { getJson, messageOf } from "@/components/live/api";
import { useCounts, usePaced, usePolling } from "@/components/live/hooks";
import { IconButton } from "@/components/ui/button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/state";
import type { FamilyLogs } from "@/lib/contracts/family-logs";
import type { RunDetail } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { toLogLine } from "@/lib/trace/trace-tree";
import { formatCount, plural } from "@/lib/view/format";
import { fitsSearch, LogFilter, LogLines, type LogSearch, type ShownLine } from "./log-lines";
import { runPath } from "./use-run";

/** News of runs are followed at most this often. */
const refreshMs = 1_000;

/** Logs of the run and of all runs below it, under the waterfall. */
export function LogDock({ run, onSpan, onClose }: { run: RunDetail; onSpan: (key: string) => void; onClose: () => void }) {
  const queries = useQueryClient();
  const go = useGo();
  const { interval, measure } = usePolling();
  const [search, setSearch] = useState<LogSearch>({ text: "", least: "debug" });
  const queryKey = useMemo(() => ["family-logs", run.id], [run.id]);
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) => measure(() => getJson<FamilyLogs>(`${runPath(run.id)}/logs`, signal)),
    refetchInterval: interval,
    placeholderData: keepPreviousData,
  });
  // Runs below it are followed by the counts: those change whenever one of them does.
  const news = usePaced(useCounts().data, refreshMs);
  const own = usePaced(run.version, refreshMs);
  useEffect(() => {
    if (news !== undefined || own > 0) void queries.invalidateQueries({ queryKey });
  }, [news, own, queries, queryKey]);

  const { data } = query;
  const lines = useMemo(
    () =>
      (data?.lines ?? [])
        .map((item): ShownLine => ({ ...toLogLine(item), of: { id: item.runId, task: data?.tasks[item.runId] ?? "" } }))
        .filter((line) => fitsSearch(line, search)),
    [data, search],
  );
  const isFiltered = search.text !== "" || search.least !== "debug";

  return (
    <section aria-label="Logs of the run and the runs below it" className="flex h-56 shrink-0 flex-col border-t border-line max-lg:h-40">
      <div className="flex h-9 shrink-0 items-center gap-2 border-b border-line pr-1 pl-4">
        <h2 className="shrink-0 text-sm text-faint">
          Logs{data === undefined ? "" : data.runs > 1 ? ` of ${plural(data.runs, "run")}${data.moreRuns ? " and more" : ""}` : ""}
        </h2>
        {data?.isPart === true ? <span className="shrink-0 text-sm text-needs">newest {formatCount(data.lines.length)}</span> : null}
        <LogFilter search={search} onSearch={setSearch} lines={lines} />
        <IconButton label="Close logs" hint="L" size="icon-sm" onClick={onClose}>
          <X className="size-4" />
        </IconButton>
      </div>
      {query.error === null ? null : (
        <ErrorState
          className="m-2"
          title="The logs could not be read"
          detail={messageOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {data === undefined ? (
        query.error === null ? (
          <SkeletonRows rows={6} rowClass="h-6" />
        ) : null
      ) : lines.length === 0 ? (
        <p className="p-4 text-faint">
          {isFiltered
            ? "No line fits."
            : isFinal(run.status)
              ? "Neither the run nor one below it wrote logs."
              : "Lines show up here as the run and those below it write them."}
        </p>
      ) : (
        <LogLines
          name="Logs of the family"
          lines={lines}
          isLive={!isFinal(run.status)}
          onSpan={(line) =>
            line.of === undefined || line.of.id === run.id ? onSpan(line.spanId ?? "") : go(`/runs/${line.of.id}?tab=logs`)
          }
        />
      )}
    </section>
  );
}
