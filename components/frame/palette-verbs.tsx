"use client";
import { Hand, Pause, Play } from "lucide-react";
import type { Answer } from "@/components/auth/request";
import { useCounts, useLiveQueues, useLiveTokens } from "@/components/live/hooks";
import { setEnvironmentPaused, setPaused } from "@/components/queues/actions";
import { toast } from "@/components/ui/toast";
import { byDeadline } from "@/lib/time/deadline";
import { useGo } from "./leaving";
import { useMayAct } from "./me";
import { Group, Row, type Act } from "./palette-row";

/** Says what came of it: nothing on this page may show it. */
async function tell(done: string, asked: Promise<Answer<unknown>>): Promise<void> {
  const answer = await asked;
  if (answer.ok) toast.success(done);
  else toast.error("Nothing was changed", { description: answer.problem.error });
}

/** Starting and holding back. */
export function QueueVerbs({ act }: { act: Act }) {
  const { allowed } = useMayAct();
  const queues = useLiveQueues().data;
  const environment = useCounts().data?.environment;
  if (!allowed) return null;
  return (
    <Group heading="Queues">
      {environment === undefined ? null : environment.paused ? (
        <Row Icon={Play} text="Resume all queues" onSelect={act(() => void tell("All queues go on", setEnvironmentPaused("resume")))} />
      ) : (
        <Row Icon={Pause} text="Pause all queues" onSelect={act(() => void tell("All queues are paused", setEnvironmentPaused("pause")))} />
      )}
      {queues.map((queue) => (
        <Row
          key={queue.name}
          Icon={queue.paused ? Play : Pause}
          text={`${queue.paused ? "Resume" : "Pause"} queue ${queue.name}`}
          onSelect={act(
            () => void tell(`${queue.name} ${queue.paused ? "goes on" : "is paused"}`, setPaused(queue, queue.paused ? "resume" : "pause")),
          )}
        />
      ))}
    </Group>
  );
}

const shownTokens = 10;

/** What people are asked now, most urgent first. */
export function Answers({ act }: { act: Act }) {
  const go = useGo();
  const tokens = [...useLiveTokens().data.values()].filter((token) => token.status === "WAITING").toSorted(byDeadline);
  if (tokens.length === 0) return null;
  return (
    <Group heading="Answer">
      {tokens.slice(0, shownTokens).map((token) => (
        <Row
          key={token.id}
          Icon={Hand}
          text={`Answer ${token.tags.join(" ")} ${token.id}`}
          also={token.tags}
          onSelect={act(() => go(`/tokens?token=${token.id}`))}
        />
      ))}
    </Group>
  );
}
