import type { Progress } from "@/lib/contracts/ipc";
import type { MetadataOperation } from "@/lib/contracts/run";
import { toPlain, type PlainLimits } from "@/lib/values/to-plain";
import { Unavailable } from "../../db/errors";
import { decodeText } from "../../db/text";
import { addTags } from "./add-tags";
import { createChunkWrites } from "./chunk-writes";
import type { Engine, LiveRun } from "../engine";
import { EngineError } from "../error";
import type { MetadataCount } from "../loops";
import { tellRun } from "./trace";
import { createMetadataWrites } from "./metadata-writes";
import { streamWriter } from "../waiting/resume";
import { createTurns } from "../turns";

/** The write loops of what a run says while it goes on, and what of it is still under way per run. */
export function createProgressWrites(engine: Engine) {
  const metadata = createMetadataWrites(engine);
  const chunks = createChunkWrites(engine);
  const turns = createTurns();
  return {
    metadata,
    chunks,
    /** Runs `work` after what is under way for this run. A failure is logged: it must not end the run. */
    enqueue(runId: string, work: () => Promise<void>): Promise<void> {
      return turns.take(runId, () =>
        work().catch((error: unknown) => engine.log.warn("progress of a run was refused", { run: runId, error: String(error) })),
      );
    },
    /** Resolves when everything the run has said so far is committed. */
    flush: (runId: string): Promise<void> | undefined => turns.wait(runId),
    async idle(): Promise<void> {
      await turns.idle();
      await Promise.all([metadata.idle(), chunks.idle()]);
    },
  };
}

/**
 * Metadata, stream chunks, tags and trace of a run, as its process reports them. An older epoch's report changes nothing.
 * Throws when the database is away: called again with the same message it writes what is not there yet.
 */
export async function recordProgress(
  engine: Engine,
  message: { runId: string; epoch: number; seq: number; progress: Progress },
): Promise<void> {
  const live = engine.live.get(message.runId);
  if (live === undefined || live.epoch !== message.epoch) return;
  const { trace = [], ...facts } = message.progress;
  if (Object.keys(facts).length > 0) {
    let outage: Unavailable | undefined;
    await engine.progress.enqueue(live.id, async () => {
      outage = await write(engine, live, facts);
    });
    if (outage !== undefined) throw outage;
  }
  if (trace.length > 0) engine.trace.submit(live, trace);
}

/** Answers that the database is away; anything else that is wrong is said and over. */
async function write(engine: Engine, live: LiveRun, progress: Progress): Promise<Unavailable | undefined> {
  const { stored } = live;
  const work: Promise<unknown>[] = [];
  const change = (
    runId: string,
    count: MetadataCount,
    { first = 0, operations = [] }: { first?: number | undefined; operations?: readonly MetadataOperation[] | undefined },
  ) => {
    if (operations.length === 0) return;
    const written = engine.progress.metadata.submit({ runId, operations, from: { runId: live.id, epoch: live.epoch, count, first } });
    work.push(written.catch((error: unknown) => tellRefused(engine, live, { runId, operations, error })));
  };
  change(live.id, "own", { first: progress.firstMetadataOperation, operations: progress.operations });
  change(stored.parent_id ?? live.id, "parent", { first: progress.firstParentOperation, operations: progress.parentOperations });
  change(stored.root_id ?? live.id, "root", { first: progress.firstRootOperation, operations: progress.rootOperations });
  for (const stream of progress.streams ?? []) {
    work.push(
      engine.progress.chunks.submit({
        runId: stream.target ?? live.id,
        key: stream.key,
        writer: streamWriter({ id: live.id, attempt: live.attempt }),
        first: stream.first,
        chunks: stream.chunks,
      }),
    );
  }
  if (progress.tags !== undefined && progress.tags.length > 0) work.push(addTags(engine, live.id, progress.tags));
  let outage: Unavailable | undefined;
  for (const result of await Promise.allSettled(work)) {
    if (result.status === "fulfilled") continue;
    if (result.reason instanceof Unavailable) outage = result.reason;
    else engine.log.warn("progress of a run was refused", { run: live.id, error: String(result.reason) });
  }
  return outage;
}

/** How much of refused changes stands in the run's log. */
const kept: PlainLimits = { levels: 6, entries: 100, text: 2048, room: 65_536 };

/** Nobody waits for the answer to a change of metadata, so what was refused is told in the log of the run that asked for it. */
async function tellRefused(
  engine: Engine,
  live: LiveRun,
  { runId, operations, error }: { runId: string; operations: readonly MetadataOperation[]; error: unknown },
): Promise<void> {
  if (!(error instanceof EngineError)) throw error;
  tellRun(engine, live, { name: error.message, level: "error", attributes: { changes: toPlain(operations, kept) } });
  // Its process takes them for done.
  if (runId !== live.id) return;
  const [stored] = await engine.db.query<{ metadata: string | null }>("select metadata from run_data where run_id = $1", [runId]);
  engine.executor?.pushMetadata(
    runId,
    live.epoch,
    stored?.metadata === undefined || stored.metadata === null ? null : decodeText(stored.metadata),
  );
}

/** The resumed code did not do what its journal says; it goes on live from there. */
export async function recordDivergence(
  engine: Engine,
  message: { runId: string; epoch: number; seq: number; expected: string; actual: string },
): Promise<void> {
  const live = engine.live.get(message.runId);
  if (live === undefined || live.epoch !== message.epoch) return;
  engine.log.warn("a resumed run took another way than its journal", {
    run: message.runId,
    expected: message.expected,
    actual: message.actual,
  });
  tellRun(engine, live, {
    name: `Resumed code took another way than before: expected ${message.expected}, got ${message.actual}. It goes on live from here.`,
    level: "warn",
  });
}
