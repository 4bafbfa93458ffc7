import {
  AlarmClock,
  ArrowRight,
  Ban,
  Check,
  CircleDashed,
  Clock3,
  FileJson,
  GitFork,
  Hourglass,
  Package,
  Play,
  Radio,
  Recycle,
  RotateCcw,
  Tag,
  TimerOff,
  X,
  type LucideIcon,
} from "lucide-react";
import { Fragment, useMemo } from "react";
import { Instant } from "@/components/live/time";
import { OthersText } from "@/components/ui/others-text";
import { cn } from "@/components/ui/cn";
import { Link } from "@/components/ui/link";
import { toneText, type Tone } from "@/components/ui/tone";
import type { RunEvent, RunEventType } from "@/lib/contracts/run";
import { timelineOf, type Fact } from "@/lib/runs/timeline";
import { formatDuration } from "@/lib/view/format";

const looks: Record<RunEventType, { word: string; Icon: LucideIcon; tone: Tone }> = {
  created: { word: "Created", Icon: CircleDashed, tone: "idle" },
  queued: { word: "Queued", Icon: CircleDashed, tone: "idle" },
  delayed: { word: "Delayed", Icon: Clock3, tone: "idle" },
  rescheduled: { word: "Rescheduled", Icon: Clock3, tone: "idle" },
  debounced: { word: "Pushed back by another trigger with its debounce key", Icon: Clock3, tone: "idle" },
  parked: { word: "Waits for a version that has the task", Icon: Package, tone: "needs" },
  dequeued: { word: "Taken from the queue", Icon: ArrowRight, tone: "moving" },
  started: { word: "Started", Icon: Play, tone: "moving" },
  settled: { word: "Took the settings of the version that executes it", Icon: Package, tone: "idle" },
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

/** Every transition, from the first to the last. */
export function TimelineTab({ events }: { events: readonly RunEvent[] }) {
  const lines = useMemo(() => timelineOf(events), [events]);
  if (lines.length === 0) return <p className="text-faint">No events yet.</p>;
  return (
    <ol>
      {lines.map(({ event, times, atMs, gapMs, facts }) => {
        const { word, Icon, tone } = looks[event.type];
        return (
          <li
            key={event.version}
            className="relative flex items-start gap-3 pb-3 before:absolute before:top-5 before:bottom-0 before:left-[7px] before:w-px before:bg-line last:before:hidden"
          >
            <Icon aria-hidden className={cn("mt-0.5 size-3.5 shrink-0", toneText[tone])} />
            <div className="min-w-0 flex-1">
              <p>
                {word}
                {times > 1 ? <span className="text-faint"> ×{times}</span> : null}
              </p>
              {facts.length === 0 ? null : (
                <p className="text-sm break-words text-faint">
                  {facts.map((fact, index) => (
                    <Fragment key={JSON.stringify(fact)}>
                      {index > 0 ? ", " : ""}
                      <FactText fact={fact} />
                    </Fragment>
                  ))}
                </p>
              )}
            </div>
            <div className="shrink-0 text-right text-sm">
              <Instant at={new Date(atMs).toISOString()} className="inline-block" />
              {gapMs === null ? null : <p className="font-mono text-faint">+{formatDuration(gapMs)}</p>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

const places = {
  run: (id: string) => `/runs/${encodeURIComponent(id)}`,
  token: (id: string) => `/tokens?token=${encodeURIComponent(id)}`,
  batch: (id: string) => `/runs?batch=${encodeURIComponent(id)}`,
};

function FactText({ fact }: { fact: Fact }) {
  if (fact.kind === "words") return <OthersText text={fact.text} />;
  if (fact.kind === "until") {
    return (
      <>
        until <Instant at={fact.at} className="inline-block" />
      </>
    );
  }
  return (
    <Link href={places[fact.kind](fact.id)} prefetch={false} className="font-mono hover:text-fg hover:underline">
      {fact.id}
    </Link>
  );
}
