"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMayAct } from "@/components/frame/me";
import { getJson } from "@/components/live/api";
import { useLink, useLiveQueues } from "@/components/live/hooks";
import { Instant, Until } from "@/components/live/time";
import { setPaused } from "@/components/queues/actions";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { lazilyDialog } from "@/components/ui/dialog";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { Progress } from "@/components/ui/progress";
import { toast } from "@/components/ui/toast";
import { toneSoft, toneText } from "@/components/ui/tone";
import { howOften } from "@/components/errors/words";
import type { QueuePlacePage } from "@/lib/contracts/dashboard";
import type { ErrorRow } from "@/lib/contracts/error-group";
import type { QueueRow } from "@/lib/contracts/realtime";
import type { RunDetail, RunEvent } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { whyRun, type Why } from "@/lib/runs/why-run";
import { readableText } from "@/lib/view/readable-text";

const LimitDialog = lazilyDialog(async () => (await import("@/components/queues/limit-dialog")).LimitDialog);

/** A place in a queue changes with every run that starts; so often it is read while somebody looks. */
const placeMs = 2_000;

/** Why the run is as it is, and what would change that, as a button. */
export function WhyLine({ run, events }: { run: RunDetail; events: readonly RunEvent[] }) {
  const queue = useLiveQueues().data.find((row) => row.name === run.queue);
  const { phase } = useLink();
  const isQueued = run.status === "QUEUED" && run.retryAt === undefined;
  const place = useQuery({
    queryKey: ["place", run.id, run.version],
    queryFn: ({ signal }) => getJson<QueuePlacePage>(`/api/dashboard/runs/${encodeURIComponent(run.id)}/place`, signal),
    enabled: isQueued,
    refetchInterval: isQueued && (phase === "live" || phase === "polling") ? placeMs : false,
  });
  const why = whyRun({ run, events, queue, place: isQueued ? (place.data?.place ?? undefined) : undefined });
  return (
    <div
      data-why
      className={cn("mt-1.5 flex min-h-8 min-w-0 items-center gap-2 rounded px-2 py-1", toneSoft[why.tone], toneText[why.tone])}
    >
      {run.progress?.value === undefined ? null : (
        <Progress value={run.progress.value} tone={isFinal(run.status) ? why.tone : "moving"} className="w-24 shrink-0" />
      )}
      <p className="min-w-0 break-words line-clamp-3 lg:line-clamp-1" title={readableText(why.text)}>
        <OthersText text={why.text} />
        {why.until === undefined ? null : (
          <>
            {" in "}
            <Until at={why.until} className="font-mono" />
            {", at "}
            <Instant at={why.until} className="inline-block" />
          </>
        )}
      </p>
      {why.remedy && queue ? <Remedy remedy={why.remedy} queue={queue} /> : null}
      {run.errorId === undefined || why.link ? null : <ErrorLink id={run.errorId} />}
      {why.link ? (
        <Button
          size="sm"
          look={why.tone === "asks" ? "asks" : "plain"}
          asChild
          className={cn("ml-auto", why.tone === "asks" ? "text-white" : "text-fg")}
        >
          <Link prefetch={false} href={why.link.href}>
            {why.link.text}
          </Link>
        </Button>
      ) : null}
    </div>
  );
}

/** The runs that failed the same way, as one thing. */
function ErrorLink({ id }: { id: string }) {
  const { data } = useQuery({
    queryKey: ["error-of-run", id],
    queryFn: ({ signal }) =>
      getJson<Pick<ErrorRow, "count" | "firstSeen" | "lastSeen">>(`/api/v1/errors/${encodeURIComponent(id)}`, signal),
  });
  return (
    <Button size="sm" asChild className="ml-auto text-fg">
      <Link prefetch={false} href={`/errors/${id}`}>
        {data === undefined ? "Open error" : `Seen ${howOften(data)}`}
      </Link>
    </Button>
  );
}

function Remedy({ remedy, queue }: { remedy: NonNullable<Why["remedy"]>; queue: QueueRow }) {
  const { allowed, reason } = useMayAct();
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);

  async function resume(): Promise<void> {
    setBusy(true);
    const answer = await setPaused(queue, "resume");
    setBusy(false);
    if (!answer.ok) toast.error("The queue was not resumed", { description: answer.problem.error });
  }

  return (
    <>
      <Button
        size="sm"
        className="ml-auto text-fg"
        disabled={!allowed}
        title={reason}
        busy={busy}
        onClick={() => (remedy === "resume queue" ? void resume() : setAsking(true))}
      >
        {remedy === "resume queue" ? "Resume queue" : "Change limit…"}
      </Button>
      {asking ? <LimitDialog queue={queue} onClose={() => setAsking(false)} /> : null}
    </>
  );
}
