import type { RunEvent, RunEventType } from "@/lib/contracts/run";

/** What a run did, or what was done with it, at a time. */
export type Phase = "delayed" | "queued" | "starting" | "running" | "waiting" | "retrying";

export interface TimeSegment {
  phase: Phase;
  startMs: number;
  endMs: number;
}

/** The phase that an event begins; null: it ends the run. What is not here changes nothing. */
const begins: Partial<Record<RunEventType, Phase | null>> = {
  created: "queued",
  queued: "queued",
  delayed: "delayed",
  rescheduled: "delayed",
  debounced: "delayed",
  parked: "delayed",
  dequeued: "starting",
  started: "running",
  waiting: "waiting",
  resuming: "queued",
  resumed: "running",
  retrying: "retrying",
  redelivered: "queued",
  completed: null,
  failed: null,
  canceled: null,
  expired: null,
};

/**
 * Where the time of a run went, from its first event to its end, or until now: without gaps, no phase beside itself.
 * Events of one commit may bear times that go back a little; a segment never does.
 */
export function timeSegments(events: readonly RunEvent[], now: number): TimeSegment[] {
  const segments: TimeSegment[] = [];
  const open: { phase: Phase | null; startMs: number } = { phase: null, startMs: 0 };
  let latest = 0;
  const close = (endMs: number): void => {
    if (open.phase === null || endMs <= open.startMs) return;
    const last = segments.at(-1);
    // What was between them took no time.
    if (last?.phase === open.phase) last.endMs = endMs;
    else segments.push({ phase: open.phase, startMs: open.startMs, endMs });
  };
  for (const event of events.toSorted((a, b) => a.version - b.version)) {
    const phase = begins[event.type];
    latest = Math.max(latest, Date.parse(event.at));
    if (phase === undefined || phase === open.phase) continue;
    close(latest);
    if (phase === null) return segments;
    Object.assign(open, { phase, startMs: latest });
  }
  close(Math.max(now, latest));
  return segments;
}

/** Time in each phase, longest first. */
export function timeByPhase(segments: readonly TimeSegment[]): { phase: Phase; ms: number }[] {
  const sums = new Map<Phase, number>();
  for (const { phase, startMs, endMs } of segments) sums.set(phase, (sums.get(phase) ?? 0) + endMs - startMs);
  return [...sums].map(([phase, ms]) => ({ phase, ms })).toSorted((a, b) => b.ms - a.ms);
}
