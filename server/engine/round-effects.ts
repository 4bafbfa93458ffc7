import type { RunEvent } from "@/lib/contracts/run";
import { completeBatch, countEnded } from "./batches/batch-complete";
import { eventOf, laneOf, type Engine, type Told } from "./engine";
import { dispatch } from "./running/dispatch";
import type { Ending, PlainEnd } from "./running/ending";
import type { StoredRun } from "./run-row";
import type { NewRun } from "./triggering/insert-runs";
import { releaseParked } from "./versions/release-parked";
import { settleFinal } from "./waiting/settle";

/** What follows in memory when runs have been created: those that wait are counted. Answers what is to be told. */
export function tellCreated(engine: Engine, inputs: readonly NewRun[], stored: readonly StoredRun[]): Told[] {
  const input = new Map(inputs.map((run) => [run.id, run]));
  for (const run of stored) {
    if (run.status === "QUEUED") {
      engine.scheduler.enqueued(laneOf(run), Date.parse(run.queue_at) - run.priority_ms);
      if (run.expires_at !== null) engine.timers.expect(Date.parse(run.expires_at));
    } else if (run.status === "DELAYED") {
      engine.counts.delayed += 1;
      if (run.delay_until !== null) engine.timers.expect(Date.parse(run.delay_until));
    } else if (run.status === "PENDING_VERSION") tellParked(engine, run.id, input.get(run.id)?.version_deadline);
  }
  return stored.map((run) => ({ run, events: creationEvents(run, input.get(run.id)?.created_by), created: true }));
}

/** The version that it waits for may have come between the check and the commit: its release did not see this run. */
function tellParked(engine: Engine, runId: string, deadline: string | undefined): void {
  if (deadline !== undefined) engine.timers.expect(Date.parse(deadline));
  void releaseParked(engine, [runId]).catch((error: unknown) =>
    engine.log.warn("a run that waits for a version could not be looked at; the next deployment finds it", {
      run: runId,
      error: String(error),
    }),
  );
}

/** Those on the fast road go to their processes. */
export function startCreated(engine: Engine, inputs: readonly NewRun[], stored: ReadonlyMap<string, StoredRun>): void {
  for (const from of inputs) {
    const run = stored.get(from.id);
    if (run === undefined || from.status !== run.status || (run.status !== "EXECUTING" && run.status !== "DEQUEUED")) continue;
    dispatch(engine, run, { payload: from.payload, payload_type: from.payload_type, metadata: from.metadata, options: from.options });
  }
}

function creationEvents(run: StoredRun, by: string | undefined): RunEvent[] {
  const created: RunEvent = { runId: run.id, version: 1, at: run.created_at, type: "created", ...(by !== undefined && { data: { by } }) };
  if (run.version === 1) return [created];
  return [created, eventOf(run, run.status === "DEQUEUED" ? "dequeued" : "started", { attempt: run.attempt })];
}

/** Runs that have ended give their slots back. Answers what is to be told. */
export function tellEnded(engine: Engine, endings: readonly Ending[], ended: readonly (StoredRun | null)[]): Told[] {
  const told: Told[] = [];
  for (const [index, run] of ended.entries()) {
    const ending = endings[index];
    if (run === null || ending === undefined) continue;
    if (engine.live.get(run.id)?.epoch === run.epoch) engine.live.delete(run.id);
    engine.scheduler.release(run.id);
    told.push({ run, events: [eventOf(run, ending.finish.event, ending.finish.data)] });
  }
  return told;
}

/** Whoever waits for the ended runs hears of it. */
export function followEnds(
  engine: Engine,
  of: { endings: readonly Ending[]; ended: readonly (StoredRun | null)[]; rows: readonly PlainEnd[]; batches: readonly string[] },
): void {
  const { endings, ended, rows, batches } = of;
  for (const [index, run] of ended.entries()) {
    const ending = endings[index];
    if (run !== null && ending !== undefined) tellCallers(engine, run, ending);
  }
  const awaited = rows.filter((row) => row.awaited).map((row) => row.id);
  if (awaited.length > 0) void settleLate(engine, awaited);
  for (const batchId of batches) void completeBatch(engine, batchId);
}

export function tellCallers(engine: Engine, run: StoredRun, { output, finish }: Ending): void {
  engine.ends.settle(run.id, {
    status: run.status,
    task: run.task,
    usageMs: run.usage_ms,
    ...(output !== undefined && { output }),
    ...(finish.error !== undefined && { error: finish.error }),
  });
}

async function settleLate(engine: Engine, runIds: readonly string[]): Promise<void> {
  try {
    await settleFinal(engine, runIds);
    for (const batchId of await countEnded(engine, runIds)) await completeBatch(engine, batchId);
  } catch (error) {
    engine.log.warn("settling what waited for ended runs failed; the sweep tries again", { error: String(error) });
  }
}
