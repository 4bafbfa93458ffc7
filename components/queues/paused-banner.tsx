"use client";
import { Pause } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { EnvironmentState, QueueRow } from "@/lib/contracts/realtime";
import { plural } from "@/lib/view/format";
import { ActionButton } from "../auth/permission";
import type { Answer } from "../auth/request";
import { Ago } from "../live/time";
import { setEnvironmentPaused, setPaused } from "./actions";
import { OthersText } from "../ui/others-text";
import { readableText } from "@/lib/view/readable-text";

interface PausedProps {
  what: string;
  name: ReactNode;
  since: { pausedBy?: string | undefined; pausedAt?: string | undefined };
  cost: string;
  action: string;
  refused: string | undefined;
  resume: () => Promise<Answer<unknown>>;
}

/** What is paused must be unmistakable: what, since when, by whom, and what it costs. */
function Paused({ what, name, since, cost, action, refused, resume }: PausedProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function go() {
    setBusy(true);
    const answer = await resume();
    setBusy(false);
    setError(answer.ok ? undefined : answer.problem.error);
  }

  return (
    <section
      aria-label={`${what} is paused`}
      className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b border-line bg-needs-soft px-4 py-1.5"
    >
      <Pause aria-hidden className="size-3.5 shrink-0 text-needs" />
      <p className="min-w-0">
        {name} is paused
        {since.pausedBy ? ` by ${readableText(since.pausedBy)}` : ""}
        {since.pausedAt ? (
          <>
            , <Ago at={since.pausedAt} />
          </>
        ) : null}
        . {cost}
        {error ? (
          <span role="alert" className="ml-2 text-bad">
            {error}
          </span>
        ) : null}
      </p>
      <ActionButton size="sm" className="ml-auto" busy={busy} refused={refused} onClick={() => void go()}>
        {action}
      </ActionButton>
    </section>
  );
}

const waits = (queued: number) =>
  queued === 0 ? "No run waits in it." : `${plural(queued, "run")} ${queued === 1 ? "waits" : "wait"} until it is resumed.`;

export function PausedBanner({ queue, refused }: { queue: QueueRow; refused: string | undefined }) {
  const name = (
    <>
      Queue{" "}
      <b className="font-mono font-medium">
        <OthersText text={queue.name} />
      </b>
    </>
  );
  return (
    <Paused
      what={`Queue ${readableText(queue.name)}`}
      name={name}
      since={queue}
      cost={waits(queue.queued)}
      action="Resume queue"
      refused={refused}
      resume={() => setPaused(queue, "resume")}
    />
  );
}

export const PausedEnvironment = ({
  environment,
  queued,
  refused,
}: {
  environment: EnvironmentState;
  queued: number;
  refused: string | undefined;
}) => (
  <Paused
    what="The environment"
    name="The environment"
    since={environment}
    cost={waits(queued)}
    action="Resume environment"
    refused={refused}
    resume={() => setEnvironmentPaused("resume")}
  />
);
