import type { RunRow } from "@/lib/contracts/run";
import type { Reads } from "./reads";

const everyMs = 4_000;
/** Primary-key reads of one round; with more ids in sight they take turns. */
const idsPerRound = 1_000;

export interface FeedAudit {
  /** A client got these from the database. */
  seen(rows: readonly RunRow[]): void;
  /** The feed offered this version. */
  offered(id: string, version: number): void;
  close(): void;
}

/**
 * Compares what is on somebody's screen with the database. A commit whose news was lost (its connection broke after COMMIT,
 * another node made it) is shown within 5 s, also when nothing else ever happens.
 */
export function startFeedAudit(options: { reads: Reads; watched: () => Iterable<string>; missed: (rows: RunRow[]) => void }): FeedAudit {
  const { reads, watched, missed } = options;
  /** Version that every client in question has at least. */
  const versions = new Map<string, number>();
  let turn = 0;
  let isReading = false;

  async function compare(): Promise<void> {
    const ids = new Set(watched());
    for (const id of versions.keys()) if (!ids.has(id)) versions.delete(id);
    if (ids.size === 0) return;
    const all = [...ids];
    const from = ids.size <= idsPerRound ? 0 : (turn++ * idsPerRound) % ids.size;
    const rows = await reads.rows(all.slice(from, from + idsPerRound));
    const newer = rows.filter((row) => (versions.get(row.id) ?? Number.POSITIVE_INFINITY) < row.version);
    for (const row of rows) versions.set(row.id, Math.max(row.version, versions.get(row.id) ?? 0));
    if (newer.length > 0) missed(newer);
  }

  const timer = setInterval(() => {
    if (isReading) return;
    isReading = true;
    // An unreachable database is asked again in the next round.
    compare()
      .catch(() => undefined)
      .finally(() => void (isReading = false));
  }, everyMs);
  timer.unref();

  return {
    seen(rows) {
      for (const row of rows) if (!versions.has(row.id)) versions.set(row.id, row.version);
    },
    offered(id, version) {
      const known = versions.get(id);
      if (known !== undefined && version > known) versions.set(id, version);
    },
    close: () => clearInterval(timer),
  };
}
