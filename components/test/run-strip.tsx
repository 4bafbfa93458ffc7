"use client";
import { useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import type { RunPage } from "@/lib/contracts/dashboard";
import type { RunDetail } from "@/lib/contracts/run";
import { editablePayload } from "@/lib/values/recent-payload";
import { getJson } from "../live/api";
import { useLiveRun, usePolling } from "../live/hooks";
import { Took } from "../live/time";
import { StatusBadge } from "../runs/status";
import { Button } from "../ui/button";
import { Link } from "../ui/link";
import { Progress } from "../ui/progress";
import { Skeleton } from "../ui/skeleton";
import { OthersText } from "../ui/others-text";
import { visibleText } from "@/lib/view/readable-text";

/** One run as it happens: status, progress, then what came of it. */
export function RunStrip({ runId, note }: { runId: string; note?: string | undefined }) {
  const live = useLiveRun(runId);
  const { interval, measure } = usePolling();
  const polled = useQuery({
    queryKey: ["run", runId],
    queryFn: ({ signal }) => measure(() => getJson<RunPage>(`/api/dashboard/runs/${runId}`, signal)),
    enabled: interval !== false,
    refetchInterval: interval,
  });
  const run = interval === false ? live.data.detail : (polled.data?.detail ?? live.data.detail);
  return (
    <div className="border-t border-line bg-panel px-4 py-2" data-run={runId}>
      <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1">
        {run === undefined ? <Skeleton className="h-4 w-28" /> : <StatusBadge run={run} className="w-32" />}
        <span className="font-mono text-sm text-muted">{runId}</span>
        {run?.startedAt === undefined ? null : <Took from={run.startedAt} to={run.finishedAt} className="font-mono text-sm" />}
        {note === undefined ? null : <span className="text-sm text-needs">{note}</span>}
        {live.failure === undefined ? null : <span className="text-bad">{live.failure.error}</span>}
        <Button asChild size="sm" className="ml-auto">
          <Link href={`/runs/${runId}`} prefetch={false}>
            Open run <ArrowRight aria-hidden className="size-3.5" />
          </Link>
        </Button>
      </div>
      {run === undefined ? null : <Outcome run={run} />}
    </div>
  );
}

function Outcome({ run }: { run: RunDetail }) {
  if (run.error) {
    return (
      <p className="pb-1 break-words text-bad">
        <OthersText text={`${run.error.name ? `${run.error.name}: ` : ""}${run.error.message}`} />
      </p>
    );
  }
  if (run.finishedAt === undefined) {
    const { value, label } = run.progress ?? {};
    return value === undefined && label === undefined ? null : (
      <div className="flex items-center gap-3 pb-1">
        {value === undefined ? null : <Progress value={value} className="w-40" />}
        <OthersText text={label ?? ""} className="truncate text-muted" />
      </div>
    );
  }
  const output = run.output === null ? null : editablePayload({ payload: run.output, payloadType: run.outputType });
  return output === null ? null : (
    <pre className="max-h-40 overflow-auto pb-1 font-mono text-sm whitespace-pre-wrap text-muted">{visibleText(output)}</pre>
  );
}
