import type { RunEvent } from "@/lib/contracts/run";

/** One try of a run, as its events tell it. */
export interface Attempt {
  number: number;
  startMs: number;
  /** Null while it runs. */
  endMs: number | null;
  /** Why it was tried again. */
  error?: { name?: string; message: string };
  /** Time until the next try, ms. */
  delayMs?: number;
  failed: boolean;
}

const ends: ReadonlySet<RunEvent["type"]> = new Set(["completed", "failed", "canceled", "expired"] as const);

const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

function errorOf(value: unknown): Attempt["error"] {
  if (typeof value !== "object" || value === null || !("message" in value) || typeof value.message !== "string") return undefined;
  return { message: value.message, ...("name" in value && typeof value.name === "string" && { name: value.name }) };
}

export function attemptsOf(events: readonly RunEvent[]): Attempt[] {
  const attempts: Attempt[] = [];
  for (const event of events) {
    const at = Date.parse(event.at);
    const last = attempts.at(-1);
    if (event.type === "started") {
      const number = numberOf(event.data?.attempt) ?? (last ? last.number + (last.endMs === null ? 0 : 1) : 1);
      if (last?.number === number) last.endMs = null;
      else attempts.push({ number, startMs: at, endMs: null, failed: false });
    } else if (event.type === "retrying" && last) {
      const error = errorOf(event.data?.error);
      const delayMs = numberOf(event.data?.delayMs);
      Object.assign(last, { endMs: at, failed: true }, error && { error }, delayMs !== undefined && { delayMs });
    } else if (ends.has(event.type) && last) {
      last.endMs = at;
      last.failed = event.type === "failed";
    }
  }
  return attempts;
}

/** Stretches in which the run waited and held no slot, ms since the epoch; an open one ends with null. */
export function waitsOf(events: readonly RunEvent[]): { startMs: number; endMs: number | null; kind: string }[] {
  const waits: { startMs: number; endMs: number | null; kind: string }[] = [];
  for (const event of events) {
    const open = waits.at(-1);
    const kind = event.data?.["kind"];
    if (event.type === "waiting")
      waits.push({ startMs: Date.parse(event.at), endMs: null, kind: typeof kind === "string" ? kind : "time" });
    else if ((event.type === "resumed" || event.type === "retrying" || ends.has(event.type)) && open && open.endMs === null)
      open.endMs = Date.parse(event.at);
  }
  return waits;
}
