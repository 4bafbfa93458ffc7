"use client";
import { useNow } from "@/components/live/live-provider";
import { cn } from "@/components/ui/cn";
import { toneBar, type Tone } from "@/components/ui/tone";
import type { RunEvent, RunRow } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { timeByPhase, timeSegments, type Phase } from "@/lib/runs/time-segments";
import { formatDuration } from "@/lib/view/format";

const looks: Record<Phase, { word: string; tone: Tone; soft: boolean }> = {
  delayed: { word: "delayed", tone: "idle", soft: true },
  queued: { word: "queued", tone: "idle", soft: false },
  starting: { word: "started up", tone: "needs", soft: false },
  running: { word: "ran", tone: "moving", soft: false },
  waiting: { word: "waited", tone: "parked", soft: true },
  retrying: { word: "paused before a retry", tone: "bad", soft: true },
};

/** How often the end of what goes on moves. */
const tickMs = 1_000;

/** Where the time went, as one bar: each phase is as long as it lasted. */
export function TimeBar({ run, events }: { run: RunRow; events: readonly RunEvent[] }) {
  const now = useNow(isFinal(run.status) ? null : tickMs);
  const segments = timeSegments(events, now);
  const total = segments.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  if (total === 0) return null;
  const words = timeByPhase(segments).map(({ phase, ms }) => `${looks[phase].word} ${formatDuration(ms)}`);
  return (
    // Spans that share a width are no picture of a file.
    <div
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="img"
      aria-label={`Where the time went: ${words.join(", ")}`}
      className="mt-1.5 flex h-1.5 gap-px overflow-hidden rounded-full bg-active"
      data-time-bar
    >
      {segments.map(({ phase, startMs, endMs }) => (
        <span
          key={startMs}
          data-phase={phase}
          title={`${looks[phase].word} ${formatDuration(endMs - startMs)}, ${Math.round(((endMs - startMs) / total) * 100)} %`}
          className={cn("min-w-px", toneBar[looks[phase].tone], looks[phase].soft && "opacity-50")}
          style={{ flexGrow: endMs - startMs, flexBasis: 0 }}
        />
      ))}
    </div>
  );
}
