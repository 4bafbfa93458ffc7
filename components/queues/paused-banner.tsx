"use client";
import { Pause } from "lucide-react";
import { useState } from "react";
import type { QueueRow } from "@/lib/contracts/realtime";
import { plural } from "@/lib/view/format";
import { ActionButton } from "../auth/permission";
import { Ago } from "../live/time";
import { setPaused } from "./actions";
import { OthersText } from "../ui/others-text";
import { readableText } from "@/lib/view/readable-text";

/** A paused queue must be unmistakable: what, since when, by whom, and what it costs. */
export function PausedBanner({ queue, refused }: { queue: QueueRow; refused: string | undefined }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function resume() {
    setBusy(true);
    const answer = await setPaused(queue, "resume");
    setBusy(false);
    setError(answer.ok ? undefined : answer.problem.error);
  }

  return (
    <section aria-label={`Queue ${readableText(queue.name)} is paused`} className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b border-line bg-needs-soft px-4 py-1.5">
      <Pause aria-hidden className="size-3.5 shrink-0 text-needs" />
      <p className="min-w-0">
        Queue <b className="font-mono font-medium">
          <OthersText text={queue.name} />
        </b>{" "} is paused
        {queue.pausedBy ? ` by ${readableText(queue.pausedBy)}` : ""}
        {queue.pausedAt ? (
          <>
            , <Ago at={queue.pausedAt} />
          </>
        ) : null}
        . {queue.queued === 0 ? "No run waits in it." : `${plural(queue.queued, "run")} ${queue.queued === 1 ? "waits" : "wait"} until it is resumed.`}
        {error ? (
          <span role="alert" className="ml-2 text-bad">
            {error}
          </span>
        ) : null}
      </p>
      <ActionButton size="sm" className="ml-auto" busy={busy} refused={refused} onClick={() => void resume()}>
        Resume queue
      </ActionButton>
    </section>
  );
}
