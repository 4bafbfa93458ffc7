"use client";
import { cn } from "@/components/ui/cn";
import { toneBar, type Tone } from "@/components/ui/tone";
import { formatCount } from "@/lib/view/format";

/** Runs by what they do; what is none of these waits to start. */
export interface RunStates {
  total: number;
  done: number;
  failed: number;
  running: number;
  waiting: number;
  stopped: number;
}

const parts: readonly { of: Exclude<keyof RunStates, "total">; tone: Tone }[] = [
  { of: "done", tone: "good" },
  { of: "failed", tone: "bad" },
  { of: "running", tone: "moving" },
  { of: "waiting", tone: "parked" },
  { of: "stopped", tone: "idle" },
];

/** `18/25 done, 1 failed`; `more`: there are more than `total`. */
export function statesText(states: RunStates, more: boolean): string {
  const others = (["failed", "stopped"] as const).filter((of) => states[of] > 0).map((of) => `${formatCount(states[of])} ${of}`);
  return [`${formatCount(states.done)}/${formatCount(states.total)}${more ? "+" : ""} done`, ...others].join(", ");
}

/** All of them, as words. */
export const statesWords = (states: RunStates): string =>
  parts
    .filter(({ of }) => states[of] > 0)
    .map(({ of }) => `${formatCount(states[of])} ${of}`)
    .join(", ") || "none has started";

/** Each state as long as its part; the empty rest waits to start. */
export const StateBar = ({ states, className }: { states: RunStates; className?: string }) => (
  <span aria-hidden className={cn("flex h-1.5 shrink-0 overflow-hidden rounded-full bg-active", className)}>
    {parts.map(({ of, tone }) =>
      states[of] === 0 ? null : (
        <span key={of} className={toneBar[tone]} style={{ width: `${(states[of] / Math.max(1, states.total)) * 100}%` }} />
      ),
    )}
  </span>
);
