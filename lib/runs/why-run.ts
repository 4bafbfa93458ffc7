import type { QueuePlace } from "@/lib/contracts/dashboard";
import { limits } from "@/lib/contracts/limits";
import type { QueueRow } from "@/lib/contracts/realtime";
import type { RunDetail, RunEvent, RunRow } from "@/lib/contracts/run";
import { formatCount, formatDuration, plural } from "../view/format";

/** Why a run is as it is, in a sentence; `href` leads to what can be done about it. */
export interface Why {
  tone: "idle" | "needs" | "moving" | "parked" | "asks" | "good" | "bad";
  text: string;
  link?: { href: string; text: string };
  /** What makes it start, here and now. */
  remedy?: "resume queue" | "change limit";
  /** The sentence goes on with the time until then. */
  until?: string;
}

export interface WhyInput {
  run: RunRow & {
    ttl?: string | undefined;
    maxDuration?: number | undefined;
    debounceKey?: string | undefined;
    parked?: RunDetail["parked"];
  };
  events: readonly RunEvent[];
  /** Undefined: not heard of yet. Nothing is said of it then. */
  queue: QueueRow | undefined;
  /** Of a queued run; undefined: not read yet. */
  place?: QueuePlace | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const lastOf = (events: readonly RunEvent[], type: RunEvent["type"]): RunEvent | undefined =>
  events.findLast((event) => event.type === type);

/** Always a sentence, so that its line has its place from the first moment on. */
export function whyRun({ run, events, queue, place }: WhyInput): Why {
  switch (run.status) {
    case "COMPLETED":
      return {
        tone: "good",
        text: run.progress?.label ?? (run.attempt > 1 ? `Completed in attempt ${run.attempt}.` : "Completed in its first attempt."),
      };
    case "DEQUEUED":
      return { tone: "moving", text: "Taken from the queue; a worker is starting it." };
    case "EXECUTING":
      if (run.retryAt && run.error)
        return { tone: "needs", text: `Attempt ${run.attempt} failed: ${messageOf(run)}. The next one starts`, until: run.retryAt };
      return { tone: "moving", text: run.progress?.label ?? (run.attempt > 1 ? `Runs in attempt ${run.attempt}.` : "Runs.") };
    case "QUEUED":
      return whyQueued(run, queue, place);
    case "DELAYED":
      if (run.delayUntil === undefined) return { tone: "idle", text: "Delayed." };
      if (run.debounceKey !== undefined)
        return {
          tone: "idle",
          text: `Debounced by the key ${run.debounceKey}; unless it is triggered again it starts`,
          until: run.delayUntil,
        };
      return { tone: "idle", text: "Delayed; it starts", until: run.delayUntil };
    case "PENDING_VERSION":
      return whyParked(run, queue);
    case "WAITING":
      return whyWaiting(run, events);
    case "CANCELED": {
      const by = text(lastOf(events, "canceled")?.data?.by);
      return { tone: "idle", text: by ? `Canceled by ${by}.` : "Canceled." };
    }
    case "EXPIRED":
      return {
        tone: "idle",
        text: run.ttl ? `Not started within its time to live of ${run.ttl}.` : "Not started within its time to live.",
      };
    case "TIMED_OUT":
      return {
        tone: "bad",
        text: run.maxDuration ? `Stopped after its maximum of ${formatCount(run.maxDuration)} s of compute time.` : messageOf(run),
      };
    case "FAILED":
    case "CRASHED":
    case "SYSTEM_FAILURE":
      return { tone: "bad", text: messageOf(run) };
  }
}

/** Which part of it is missing is not known to the browser; whoever deploys sees it by the names. */
function whyParked({ task, parked, delayUntil }: WhyInput["run"], queue: QueueRow | undefined): Why {
  const link = { href: "/tasks", text: "See tasks" };
  const then = delayUntil === undefined ? "" : " Its delay is kept.";
  if (parked?.externalDeploymentId !== undefined) {
    return {
      tone: "needs",
      text: `Waits for the deployment ${parked.externalDeploymentId}, to which it is bound; without it the run expires an hour after its trigger.${then}`,
      link,
    };
  }
  const asked = parked?.queue ?? null;
  if (asked !== null && queue === undefined)
    return {
      tone: "needs",
      text: `No deployed version has the task ${task} and the queue ${asked}. The run starts when one that has both is deployed.${then}`,
      link,
    };
  return { tone: "needs", text: `The deployed version has no task ${task}. The run starts when one that has it is deployed.${then}`, link };
}

function messageOf(run: RunRow): string {
  if (!run.error) return "It failed without a message.";
  const { name, message } = run.error;
  const line = message.split("\n")[0] ?? "";
  return name === undefined || name === "Error" || line.startsWith(name) ? line : `${name}: ${line}`;
}

/** Position and, where the queue moves, the time at its present pace. */
function placeWords(place: QueuePlace | undefined): string {
  if (place === undefined) return "";
  if (place.ahead === 0) return " It is the next one.";
  const count = place.ahead >= limits.countedAhead ? `More than ${formatCount(limits.countedAhead - 1)} runs` : plural(place.ahead, "run");
  const about =
    place.perMinute > 0 && place.ahead < limits.countedAhead
      ? `, about ${formatDuration(Math.max(1_000, Math.round((place.ahead / place.perMinute) * 60) * 1_000))} at the present pace`
      : "";
  return ` ${count} ${place.ahead === 1 ? "is" : "are"} before it${about}.`;
}

/** What holds it, where it stands, and what would make it start. */
function whyQueued(run: RunRow, queue: QueueRow | undefined, place: QueuePlace | undefined): Why {
  if (run.retryAt && run.error)
    return { tone: "needs", text: `Attempt ${run.attempt} failed: ${messageOf(run)}. The next one starts`, until: run.retryAt };
  if (queue === undefined) return { tone: "idle", text: `Queued in ${run.queue}.` };
  const where = placeWords(place);
  if (queue.paused)
    return {
      tone: "needs",
      text: `Queue ${queue.name} is paused${queue.pausedBy ? ` by ${queue.pausedBy}` : ""}.${where}`,
      remedy: "resume queue",
    };
  if (place?.environment.paused === true) return { tone: "needs", text: `The environment is paused.${where}` };
  const key = run.concurrencyKey === undefined ? "" : ` under the key ${run.concurrencyKey}`;
  const running = place?.laneRunning ?? queue.running;
  if (queue.concurrencyLimit !== null && running >= queue.concurrencyLimit) {
    return {
      tone: "idle",
      text: `Queue ${queue.name} runs ${formatCount(running)} of ${formatCount(queue.concurrencyLimit)}${key}.${where}`,
      remedy: "change limit",
    };
  }
  if (place && place.environment.running >= place.environment.limit) {
    return {
      tone: "idle",
      text: `The environment runs ${formatCount(place.environment.running)} of ${formatCount(place.environment.limit)}.${where}`,
      link: { href: "/runs?status=EXECUTING&status=DEQUEUED", text: "See what runs" },
    };
  }
  if (place) return { tone: "idle", text: `Waits in queue ${queue.name}${key} for a free worker.${where}` };
  if (run.concurrencyKey !== undefined) return { tone: "idle", text: `Waits for its turn in queue ${run.queue}${key}.` };
  return {
    tone: "idle",
    text: queue.queued > 1 ? `Waits in queue ${queue.name} with ${plural(queue.queued - 1, "other run")}.` : "Waits for a free worker.",
  };
}

function whyWaiting(run: RunRow, events: readonly RunEvent[]): Why {
  const data = lastOf(events, "waiting")?.data;
  const until = text(data?.until);
  const token = text(data?.tokenId);
  switch (run.waitingOn) {
    case "token":
      return {
        tone: "asks",
        text: "It asks for an answer and goes on when it has one.",
        link: { href: token ? `/tokens?token=${encodeURIComponent(token)}` : "/tokens", text: "Answer" },
      };
    case "run":
      return { tone: "parked", text: "Waits for a child run and holds no slot." };
    case "batch":
      return { tone: "parked", text: "Waits for its child runs and holds no slot." };
    case "input": {
      const stream = text(data?.streamId);
      return {
        tone: "parked",
        text: `Waits for what is sent to its input stream${stream === undefined ? "" : ` ${stream}`} and holds no slot.`,
      };
    }
    case "time":
      if (until === undefined) return { tone: "parked", text: "Waits until a set time and holds no slot." };
      return { tone: "parked", text: "Waits and holds no slot; it goes on", until };
    case undefined:
      return { tone: "parked", text: "Waits and holds no slot." };
  }
}
