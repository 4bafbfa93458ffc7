import type { StreamChunk } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/status";
import type { Engine } from "../../engine/engine";
import { listChunks } from "../../engine/reads/run";
import { getRunRows } from "../../engine/reads/runs";

const pageChunks = 500;
/** Chunks that came while the reader was slow; beyond, they are read from the database again. */
const pendingLimit = 1_000;

export interface ChunkReader {
  /** The next chunks in order. `end`: none will follow. `quiet`: nothing came for the time-out. */
  next(quietMs: number): Promise<readonly StreamChunk[] | "end" | "quiet">;
  close(): void;
}

/** Chunks of one stream after `after`, each once: from the database up to now, then as they are committed. */
export function readChunksLive(engine: Engine, { runId, key, after }: { runId: string; key: string; after: number }): ChunkReader {
  let position = after;
  let pending: StreamChunk[] = [];
  let isBehind = true;
  /** `final`: the run is, but its last chunks may not be read yet. */
  let run: "unknown" | "live" | "final" = "unknown";
  let wake: (() => void) | undefined;
  let isClosed = false;

  const ends = [
    engine.feed.onChunks((offered) => {
      const own = offered.filter((chunk) => chunk.runId === runId && chunk.key === key && chunk.index > position);
      if (own.length === 0) return;
      if (pending.length + own.length > pendingLimit) [pending, isBehind] = [[], true];
      else pending.push(...own);
      wake?.();
    }),
    engine.feed.onRuns((changes) => {
      if (!changes.some(({ row }) => row.id === runId && isFinal(row.status))) return;
      // Once more from the database: the last chunks may have committed beside the end of the run.
      run = "final";
      isBehind = true;
      wake?.();
    }),
  ];

  const changed = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(end, ms);
      function end(): void {
        clearTimeout(timer);
        wake = undefined;
        resolve();
      }
      wake = end;
    });

  /** What follows on the last chunk without a hole; else the database has to be asked. */
  function takePending(): StreamChunk[] {
    const news = pending.filter((chunk) => chunk.index > position);
    pending = [];
    if (news.every((chunk, i) => chunk.index === position + 1 + i)) return news;
    isBehind = true;
    return [];
  }

  async function readPage(): Promise<StreamChunk[]> {
    const page = await listChunks(engine.db, { runId, key }, position, pageChunks);
    if (page.length < pageChunks) isBehind = false;
    return page;
  }

  /** Before the first page, so that a run that is final has all its chunks in the database. */
  async function learnRun(): Promise<void> {
    const [row] = await getRunRows(engine.db, engine.env.id, [runId]);
    // It may have ended since it was read; the feed says so then, and that counts.
    if (runNow() === "unknown") run = row === undefined || isFinal(row.status) ? "final" : "live";
  }
  // Changed by the feed while a read is awaited, which the compiler does not see.
  const runNow = (): string => run;

  return {
    async next(quietMs) {
      const until = performance.now() + quietMs;
      if (run === "unknown") await learnRun();
      for (;;) {
        const wasFinal = runNow() === "final";
        const news = isBehind ? await readPage() : takePending();
        const last = news.at(-1);
        if (last) {
          position = last.index;
          return news;
        }
        if (isBehind) continue;
        if (wasFinal || isClosed) return "end";
        const left = until - performance.now();
        if (left <= 0) return "quiet";
        if (pending.length === 0) await changed(left);
      }
    },
    close() {
      isClosed = true;
      for (const end of ends) end();
      wake?.();
    },
  };
}
