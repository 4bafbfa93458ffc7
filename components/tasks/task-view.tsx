"use client";
import { Play, Rows3 } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import type { TaskStats, TaskSummary } from "@/lib/contracts/dashboard";
import { formatCount, formatDuration } from "@/lib/view/format";
import { formatJson } from "@/lib/values/json-text";
import { RecentRuns } from "../runs/recent-runs";
import { Button } from "../ui/button";
import { CodeBlock } from "../ui/code-block";
import { CopyValue } from "../ui/copy";
import { Link } from "../ui/link";
import { Facts, PanelHead } from "../ui/page";
import { TaskCharts } from "./task-stats";
import { useLoad } from "./use-load";
import { OthersText } from "../ui/others-text";

export function TaskView({ task, stats }: { task: TaskSummary; stats: TaskStats }) {
  const { queued, running } = useLoad()(task);
  const filter = useMemo(() => ({ task: [task.id] }), [task.id]);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <header className="flex flex-wrap items-start gap-x-6 gap-y-3 border-b border-line px-4 py-3">
        <div className="min-w-0 flex-1">
          <h1 className="font-mono text-lg font-semibold break-all">
            <OthersText text={task.id} />
          </h1>
          {task.description ? (
            <p className="text-muted">
              <OthersText text={task.description} />
            </p>
          ) : null}
        </div>
        <div className="flex gap-2">
          <Button asChild>
            <Link href={`/runs?task=${encodeURIComponent(task.id)}`} prefetch={false}>
              <Rows3 aria-hidden className="size-3.5" /> Runs
            </Link>
          </Button>
          <Button asChild look="primary">
            <Link href={`/test?task=${encodeURIComponent(task.id)}`} prefetch={false}>
              <Play aria-hidden className="size-3.5" /> Test
            </Link>
          </Button>
        </div>
      </header>
      <TaskCharts taskId={task.id} initial={stats} />
      <div className="grid lg:grid-cols-2">
        <section aria-label="Recent runs" className="min-w-0 border-line lg:border-r">
          <PanelHead title="Recent runs" detail={`${formatCount(queued)} queued, ${formatCount(running)} running`}>
            <Link href={`/runs?task=${encodeURIComponent(task.id)}`} prefetch={false} className="text-sm underline">
              All runs
            </Link>
          </PanelHead>
          <RecentRuns filter={filter} none="It has not run yet." />
        </section>
        <section aria-label="Definition" className="min-w-0">
          <PanelHead title="Definition" />
          <Facts className="px-4 py-3" facts={factsOf(task)} />
          <div className="px-4 pb-4">
            <h3 className="mb-1 text-sm font-medium text-faint">Payload schema</h3>
            {task.payloadSchema === undefined ? (
              <p className="text-muted">
                None: any JSON is taken. Define it with <code className="font-mono">schemaTask</code> and wrong payloads are refused before
                a run exists, and Test shows a form.
              </p>
            ) : (
              <CodeBlock code={formatJson(task.payloadSchema)} label="Copy schema" className="max-h-96 overflow-auto" />
            )}
          </div>
        </section>
      </div>
    </div>
  );
}

const mono = (text: string) => <OthersText text={text} className="font-mono" />;

function factsOf(task: TaskSummary): (readonly [string, ReactNode])[] {
  const { retry } = task;
  return [
    ["File", <CopyValue key="file" text={task.filePath} />],
    ["Queue", mono(task.queue)],
    [
      "Attempts",
      retry?.maxAttempts === undefined
        ? "1, no retry settings"
        : `${retry.maxAttempts}${retry.minTimeoutInMs === undefined ? "" : `, waits from ${formatDuration(retry.minTimeoutInMs)}`}${retry.factor === undefined ? "" : `, growing ${retry.factor} ×`}`,
    ],
    ...(task.maxDuration === undefined ? [] : [["Max duration", formatDuration(task.maxDuration * 1000)] as const]),
    ...(task.machine === undefined ? [] : [["Machine", mono(task.machine)] as const]),
    ...(task.ttl === undefined ? [] : [["Time to live", mono(String(task.ttl))] as const]),
    ...(task.isScheduled === true
      ? [
          [
            "Schedules",
            <span key="schedules">
              {task.schedule === undefined ? null : mono(`${task.schedule.cron} ${task.schedule.timezone ?? "UTC"}, `)}
              <Link href={`/schedules?task=${encodeURIComponent(task.id)}`} prefetch={false} className="underline">
                all of this task
              </Link>
            </span>,
          ] as const,
        ]
      : []),
  ];
}
