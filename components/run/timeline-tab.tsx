import { AlarmClock, ArrowRight, Ban, Check, CircleDashed, Clock3, FileJson, GitFork, Hourglass, Package, Play, Radio, Recycle, RotateCcw, Tag, TimerOff, X, type LucideIcon } from "lucide-react";
import { Instant } from "@/components/live/time";
import { cn } from "@/components/ui/cn";
import { toneText, type Tone } from "@/components/ui/tone";
import type { RunEvent, RunEventType } from "@/lib/contracts/run";
import { formatDuration } from "@/lib/view/format";

const looks: Record<RunEventType, { word: string; Icon: LucideIcon; tone: Tone }> = {
  created: { word: "Created", Icon: CircleDashed, tone: "idle" },
  queued: { word: "Queued", Icon: CircleDashed, tone: "idle" },
  delayed: { word: "Delayed", Icon: Clock3, tone: "idle" },
  rescheduled: { word: "Rescheduled", Icon: Clock3, tone: "idle" },
  parked: { word: "Waits for a version that has the task", Icon: Package, tone: "needs" },
  dequeued: { word: "Taken from the queue", Icon: ArrowRight, tone: "moving" },
  started: { word: "Started", Icon: Play, tone: "moving" },
  waiting: { word: "Waits", Icon: Hourglass, tone: "parked" },
  resuming: { word: "The wait is over; queued to go on", Icon: AlarmClock, tone: "parked" },
  resumed: { word: "Goes on", Icon: Play, tone: "moving" },
  retrying: { word: "Failed; will be tried again", Icon: RotateCcw, tone: "needs" },
  redelivered: { word: "Taken up again after its process was lost", Icon: Recycle, tone: "needs" },
  metadata: { word: "Metadata changed", Icon: FileJson, tone: "idle" },
  tagged: { word: "Tags added", Icon: Tag, tone: "idle" },
  streamed: { word: "Stream written", Icon: Radio, tone: "idle" },
  canceling: { word: "Cancel asked for", Icon: Ban, tone: "idle" },
  completed: { word: "Completed", Icon: Check, tone: "good" },
  failed: { word: "Failed", Icon: X, tone: "bad" },
  canceled: { word: "Canceled", Icon: Ban, tone: "idle" },
  expired: { word: "Expired", Icon: TimerOff, tone: "idle" },
  diverged: { word: "The code went another way than before the restart", Icon: GitFork, tone: "needs" },
};

/** Facts of an event in words: `attempt 2`, `by ada@example.com`. */
function facts(data: RunEvent["data"]): string {
  return Object.entries(data ?? {})
    .map(([key, value]) => {
      if (key === "delayMs" && typeof value === "number") return `in ${formatDuration(value)}`;
      if (key === "error" && typeof value === "object" && value !== null && "message" in value) return String(value.message);
      return `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`;
    })
    .join(", ");
}

/** Runs of equal small events are one line. */
const quiet: ReadonlySet<RunEventType> = new Set(["metadata", "streamed"] as const);

function grouped(events: readonly RunEvent[]): { event: RunEvent; times: number }[] {
  const lines: { event: RunEvent; times: number }[] = [];
  for (const event of events) {
    const last = lines.at(-1);
    if (last && quiet.has(event.type) && last.event.type === event.type) Object.assign(last, { event, times: last.times + 1 });
    else lines.push({ event, times: 1 });
  }
  return lines;
}

/** Every transition, from the first to the last. */
export function TimelineTab({ events }: { events: readonly RunEvent[] }) {
  const first = events[0];
  if (!first) return <p className="text-faint">No events yet.</p>;
  return (
    <ol>
      {grouped(events).map(({ event, times }, index, all) => {
        const { word, Icon, tone } = looks[event.type];
        const before = all[index - 1]?.event;
        const gap = before ? Date.parse(event.at) - Date.parse(before.at) : 0;
        return (
          <li key={event.version} className="relative flex items-start gap-3 pb-3 before:absolute before:top-5 before:bottom-0 before:left-[7px] before:w-px before:bg-line last:before:hidden">
            <Icon aria-hidden className={cn("mt-0.5 size-3.5 shrink-0", toneText[tone])} />
            <div className="min-w-0 flex-1">
              <p>
                {word}
                {times > 1 ? <span className="text-faint"> ×{times}</span> : null}
              </p>
              {event.data ? (
                <p className="text-sm break-words text-faint">
                  <bdi>{facts(event.data)}</bdi>
                </p>
              ) : null}
            </div>
            <div className="shrink-0 text-right text-sm">
              <Instant at={event.at} className="inline-block" />
              {before ? <p className="font-mono text-faint">+{formatDuration(gap)}</p> : null}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
