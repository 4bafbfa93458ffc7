import type { RunEvent, RunEventType } from "@/lib/contracts/run";
import { formatDuration, plural } from "../view/format";

/** What is known of an event beyond its kind, as words, a time, or a thing that has a page. */
export type Fact = { kind: "words"; text: string } | { kind: "until"; at: string } | { kind: "run" | "token" | "batch"; id: string };

export interface TimelineLine {
  event: RunEvent;
  /** So many equal small events in a row are this line. */
  times: number;
  atMs: number;
  /** Since the line before; null for the first. */
  gapMs: number | null;
  facts: readonly Fact[];
}

/** Runs of equal small events are one line. */
const quiet: ReadonlySet<RunEventType> = new Set(["metadata", "streamed", "debounced"] as const);

/**
 * Every transition, from the first to the last: in the order of their versions, which is that in which they happened. An event's
 * time is that at which its statement began, so one that waited for another may bear an earlier one; no line goes back before the one above.
 */
export function timelineOf(events: readonly RunEvent[]): TimelineLine[] {
  const lines: TimelineLine[] = [];
  let latest = 0;
  for (const event of events.toSorted((a, b) => a.version - b.version)) {
    const last = lines.at(-1);
    latest = Math.max(latest, Date.parse(event.at));
    const folded = last !== undefined && quiet.has(event.type) && last.event.type === event.type;
    if (folded) lines.pop();
    const before = lines.at(-1);
    lines.push({
      event,
      times: folded ? last.times + 1 : 1,
      atMs: latest,
      gapMs: before === undefined ? null : latest - before.atMs,
      facts: factsOf(event),
    });
  }
  return lines;
}

const waitWords: Record<string, string> = {
  time: "for a set time",
  run: "for a child run",
  batch: "for child runs",
  token: "for an answer",
};

/** One reading per key; a key that is not here is said as it is. */
const readings: Record<string, (value: unknown) => Fact[]> = {
  by: (value) => words(`by ${plain(value)}`),
  attempt: (value) => words(`attempt ${plain(value)}`),
  kind: (value) => words(waitWords[plain(value)] ?? plain(value)),
  reason: (value) => words(plain(value)),
  machine: (value) => words(value === null ? "on no machine of its own" : `on machine ${plain(value)}`),
  maxAttempts: (value) => words(typeof value === "number" ? `at most ${plural(value, "attempt")}` : plain(value)),
  maxDuration: (value) => words(typeof value === "number" ? `at most ${formatDuration(value * 1000)} of compute time` : "any compute time"),
  delayMs: (value) => words(typeof value === "number" ? `the next one in ${formatDuration(value)}` : plain(value)),
  error: (value) => words(typeof value === "object" && value !== null && "message" in value ? plain(value.message) : plain(value)),
  tags: (value) => words(Array.isArray(value) ? value.map(plain).join(", ") : plain(value)),
  until: (value) => (typeof value === "string" ? [{ kind: "until", at: value }] : []),
  delayUntil: (value) => (typeof value === "string" ? [{ kind: "until", at: value }] : []),
  runId: (value) => [{ kind: "run", id: plain(value) }],
  tokenId: (value) => [{ kind: "token", id: plain(value) }],
  batchId: (value) => [{ kind: "batch", id: plain(value) }],
  isCached: (value) => (value === true ? words("found by its idempotency key") : []),
  runCount: (value) => words(typeof value === "number" ? plural(value, "run") : plain(value)),
};

const words = (text: string): Fact[] => [{ kind: "words", text }];
const plain = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** `delayMs` to "delay ms". */
const spaced = (key: string): string => key.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();

const factsOf = (event: RunEvent): Fact[] =>
  Object.entries(event.data ?? {}).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : (readings[key]?.(value) ?? words(`${spaced(key)} ${plain(value)}`)),
  );
