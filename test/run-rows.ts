import type { RunRow } from "@/lib/contracts/run";

const epoch = Date.parse("2026-11-01T00:00:00.000Z");

/** The `n`th run of a list, created `n` ms after the first. */
export function runAt(n: number, changes: Partial<RunRow> = {}): RunRow {
  const createdAt = new Date(epoch + n).toISOString();
  return {
    id: `run_${String(n).padStart(6, "0")}`,
    task: "t",
    status: "QUEUED",
    version: 1,
    tags: [],
    queue: "q",
    attempt: 0,
    createdAt,
    updatedAt: createdAt,
    depth: 0,
    isTest: false,
    priority: 0,
    usageMs: 0,
    ...changes,
  };
}

export const runsFrom = (first: number, count: number): RunRow[] => Array.from({ length: count }, (_, i) => runAt(first + i));
