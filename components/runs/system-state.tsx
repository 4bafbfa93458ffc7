"use client";
import { useCounts } from "@/components/live/hooks";
import { cn } from "@/components/ui/cn";
import { toneText, type Tone } from "@/components/ui/tone";
import type { Counts } from "@/lib/contracts/realtime";
import type { ListedStatus } from "@/lib/contracts/run-status";
import { emptyView, type RunsView } from "@/lib/runs/run-filter";
import { formatCount } from "@/lib/view/format";
import { viewKey } from "./use-runs-view";

interface State {
  word: string;
  tone: Tone;
  count: (counts: Counts) => number;
  status: readonly ListedStatus[];
  last?: string;
}

const states: readonly State[] = [
  { word: "running", tone: "moving", count: (counts) => counts.running, status: ["EXECUTING", "DEQUEUED"] },
  { word: "queued", tone: "idle", count: (counts) => counts.queued, status: ["QUEUED"] },
  { word: "waiting", tone: "parked", count: (counts) => counts.waiting, status: ["WAITING"] },
  {
    word: "failed in the last hour",
    tone: "bad",
    count: (counts) => counts.failedLastHour,
    status: ["FAILED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT"],
    last: "1h",
  },
];

const viewOf = ({ status, last }: State): RunsView => ({ ...emptyView, status: [...status], ...(last !== undefined && { last }) });

/** What the whole environment does now; each number is the list of its runs. */
export function SystemState({ view, onChange }: { view: RunsView; onChange: (next: RunsView) => void }) {
  const counts = useCounts().data;
  const shown = viewKey(view);
  return (
    <fieldset aria-label="This environment now" className="flex min-w-0 items-center gap-x-1 max-sm:flex-wrap">
      {states.map((state) => {
        const next = viewOf(state);
        const isShown = viewKey(next) === shown;
        const count = counts === undefined ? null : state.count(counts);
        return (
          <button
            key={state.word}
            type="button"
            aria-pressed={isShown}
            onClick={() => onChange(isShown ? emptyView : next)}
            className={cn(
              "flex h-6 shrink-0 items-center gap-1 rounded px-1.5 text-sm whitespace-nowrap text-muted hover:bg-hover hover:text-fg",
              isShown && "bg-active text-fg",
            )}
          >
            <span className={cn("font-mono", count !== null && count > 0 && toneText[state.tone])}>
              {count === null ? "–" : formatCount(count)}
            </span>{" "}
            {state.word}
          </button>
        );
      })}
    </fieldset>
  );
}
