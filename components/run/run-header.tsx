"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useGo } from "@/components/frame/leaving";
import { useMayAct } from "@/components/frame/me";
import { useTabState } from "@/components/frame/tab-state";
import { getJson } from "@/components/live/api";
import { Instant, Took } from "@/components/live/time";
import { ListSteps } from "@/components/runs/list-steps";
import { lookOf, StatusBadge } from "@/components/runs/status";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { CopyValue } from "@/components/ui/copy";
import { lazily } from "@/components/ui/lazily";
import { Link } from "@/components/ui/link";
import { Popover } from "@/components/ui/menu";
import { TagButton } from "@/components/ui/tag";
import { toneText, type Tone } from "@/components/ui/tone";
import type { TaskUsual } from "@/lib/contracts/dashboard";
import type { RunDetail, RunEvent } from "@/lib/contracts/run";
import { formatDuration } from "@/lib/view/format";
import { compareWithUsual } from "@/lib/runs/compared";
import { waitsOf } from "@/lib/runs/run-attempts";
import { RunActions } from "./run-actions";
import { TimeBar } from "./time-bar";
import { WhyLine } from "./why-line";
import { OthersText } from "@/components/ui/others-text";
import { readableText } from "@/lib/view/readable-text";

const TagForm = lazily(async () => (await import("./tag-form")).TagForm);

export function RunHeader({ run, events }: { run: RunDetail; events: readonly RunEvent[] }) {
  const go = useGo();
  const look = lookOf(run);
  useTabState(`${look.word}: ${run.task}`, look.tone);
  return (
    <header className="shrink-0 border-b border-line px-4 py-2">
      {/* Whatever the tags need, the actions stand at the right of the first line; a phone has them below. */}
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2 md:flex-nowrap">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 md:flex-1">
          <StatusBadge run={run} className="text-lg font-semibold" />
          <h1 className="max-w-full min-w-0 truncate text-lg font-semibold">
            <OthersText text={run.task} />
          </h1>
          <CopyValue text={run.id} className="text-sm" />
          <div className="flex min-w-0 flex-wrap items-center gap-1">
            {run.tags.map((tag) => (
              <TagButton
                key={tag}
                tag={tag}
                aria-label={`Runs tagged ${readableText(tag)}`}
                onClick={() => go(`/runs?tag=${encodeURIComponent(tag)}`)}
              />
            ))}
            <AddTag runId={run.id} />
          </div>
          {run.isTest ? <span className="rounded-sm bg-idle-soft px-1.5 text-sm text-muted">test</span> : null}
        </div>
        <div className="ml-auto flex flex-wrap items-center justify-end gap-x-3 gap-y-1 md:shrink-0">
          <ListSteps id={run.id} />
          <RunActions run={run} />
        </div>
      </div>
      <Timing run={run} events={events} />
      <TimeBar run={run} events={events} />
      <WhyLine run={run} events={events} />
    </header>
  );
}

const Fact = ({ name, tone, children }: { name: string; tone?: Tone; children: ReactNode }) => (
  <span className={cn("whitespace-nowrap", tone && toneText[tone])}>
    <span className="text-faint">{name}</span> <span className="font-mono">{children}</span>
  </span>
);

/** Where the time went, as one sentence. A phone has one line of it, which is moved with a finger. */
function Timing({ run, events }: { run: RunDetail; events: readonly RunEvent[] }) {
  const waits = waitsOf(events);
  const openWait = waits.find((wait) => wait.endMs === null);
  const waited = waits.reduce((sum, wait) => sum + (wait.endMs === null ? 0 : wait.endMs - wait.startMs), 0);
  const queuedAt = run.queuedAt ?? run.createdAt;
  return (
    <p className="mt-1 flex gap-x-4 text-sm leading-5 text-muted [scrollbar-width:none] max-sm:h-5 max-sm:overflow-x-auto max-sm:[mask-image:linear-gradient(to_left,transparent,black_3rem)] sm:flex-wrap">
      <Fact name="created">
        <Instant at={run.createdAt} className="inline-block" />
      </Fact>
      <Fact name="queued">
        {run.startedAt ? (
          formatDuration(Math.max(0, Date.parse(run.startedAt) - Date.parse(queuedAt)))
        ) : (
          <Took from={queuedAt} to={run.finishedAt} />
        )}
      </Fact>
      {run.startedAt ? (
        <>
          <Fact name="started">
            <Instant at={run.startedAt} className="inline-block" />
          </Fact>
          <Fact name="took">
            <Took from={run.startedAt} to={run.finishedAt} />
          </Fact>
        </>
      ) : null}
      {openWait ? (
        <Fact name="waiting for" tone={run.waitingOn === "token" ? "asks" : "parked"}>
          <Took from={new Date(openWait.startMs).toISOString()} to={undefined} />
        </Fact>
      ) : waited > 0 ? (
        <Fact name="waited">{formatDuration(waited)}</Fact>
      ) : null}
      {run.usageMs > 0 ? <Computed run={run} /> : null}
      <Fact name="attempt">
        {run.attempt}
        {run.maxAttempts === undefined ? "" : ` of ${run.maxAttempts}`}
      </Fact>
      <Fact name="queue">
        <OthersText text={run.queue} />
      </Fact>
      {run.deployment === undefined ? null : <Fact name="version">{run.deployment}</Fact>}
      {run.machine === undefined ? null : <Fact name="machine">{run.machine}</Fact>}
      {run.replayOf === undefined ? null : (
        <Fact name="replay of">
          <Link prefetch={false} href={`/runs/${run.replayOf}`} className="text-accent hover:underline">
            {run.replayOf}
          </Link>
        </Fact>
      )}
    </p>
  );
}

const usualStaleMs = 300_000;

/** Beside what is usual for its task, which a run that is much slower exceeds in amber. */
function Computed({ run }: { run: RunDetail }) {
  const { data } = useQuery({
    queryKey: ["usual", run.task],
    queryFn: ({ signal }) => getJson<TaskUsual>(`/api/dashboard/tasks/${encodeURIComponent(run.task)}/usual`, signal),
    staleTime: usualStaleMs,
  });
  const compared = data === undefined ? null : compareWithUsual(run.usageMs, data);
  const slower = compared?.slower ?? null;
  return (
    <Fact name="computed" {...(slower !== null && { tone: "needs" })}>
      {formatDuration(run.usageMs)}
      {compared === null ? null : (
        <span className={slower === null ? "text-faint" : ""} title="Half of the runs of the last 24 hours that completed were faster">
          {slower === null
            ? ` (usually ${formatDuration(compared.usualMs)})`
            : `, ${Math.round(slower)}× the usual ${formatDuration(compared.usualMs)}`}
        </span>
      )}
    </Fact>
  );
}

function AddTag({ runId }: { runId: string }) {
  const { allowed } = useMayAct();
  const [open, setOpen] = useState(false);
  if (!allowed) return null;
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      preload={TagForm.preload}
      trigger={
        <Button look="ghost" size="sm" className="h-5 px-1 font-normal text-faint">
          <Plus aria-hidden className="size-3" />
          tag
        </Button>
      }
    >
      <TagForm runId={runId} onAdded={() => setOpen(false)} />
    </Popover>
  );
}
