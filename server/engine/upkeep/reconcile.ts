import { setTimeout as sleep } from "node:timers/promises";
import { stopProcess } from "../running/cancel-run";
import { freeSlot, laneOf, type Engine } from "../engine";
import { loseRuns } from "../running/lose-runs";
import type { StoredRun } from "../run-row";

/** A statement and what follows it in memory lie this far apart at most; what disagrees for longer has come apart. */
const settleMs = 1000;

/** Reading a long journal comes before a process has the run. */
const startMs = 3_000;
/** Once it is dispatched: reading a large payload. */
const payloadMs = 15_000;

type Held = Pick<StoredRun, "id" | "epoch" | "status" | "queue" | "concurrency_key" | "gates" | "retry_at"> & {
  stopping: boolean;
  age_ms: number;
};

interface Difference {
  key: string;
  repair(): unknown;
}

/**
 * Sets right what this node has in memory against the tables: an answer that was lost with a connection, or a node that was
 * taken for dead and was not. Slots without a row are given up, rows without a process handed back, processes without a row stopped.
 */
export async function reconcile(engine: Engine): Promise<void> {
  if (engine.executor === null || engine.draining) return;
  const first = await differences(engine);
  if (first.length === 0) return;
  await sleep(settleMs);
  const seen = new Set(first.map((difference) => difference.key));
  const lasting = (await differences(engine)).filter((difference) => seen.has(difference.key));
  if (lasting.length === 0 || engine.draining) return;
  engine.log.warn("memory and the database had come apart", {
    differences: lasting.map((difference) => difference.key).slice(0, 20),
    count: lasting.length,
  });
  for (const difference of lasting) await difference.repair();
  engine.rounds.wake();
}

async function differences(engine: Engine): Promise<Difference[]> {
  const { scheduler, executor, live } = engine;
  if (executor === null) return [];
  const rows = await engine.db.query<Held>(
    "select r.id, r.epoch, r.status, r.queue, r.concurrency_key, r.gates, r.retry_at, r.stopping, extract(epoch from now() - r.updated_at)::float8 * 1000 as age_ms from run_slot s join run r on r.id = s.run_id where s.env_id = $1 and s.node = $2",
    [engine.env.id, engine.nodeId],
  );
  const slots = new Map(rows.map((row) => [row.id, row]));
  const found: Difference[] = [];
  for (const id of scheduler.runsInSlots())
    if (!slots.has(id)) found.push({ key: `slot without a row: ${id}`, repair: () => freeSlot(engine, id) });
  for (const row of rows) {
    const process = executor.holds(row.id, row.epoch);
    const isKnown = scheduler.holds(row.id);
    if (row.stopping) {
      // Told once more: the answer to its cancel may have been lost before it was told.
      if (process) executor.cancel(row.id, row.epoch);
      else found.push({ key: `stopped: ${row.id}`, repair: () => stopProcess(engine, row) });
    } else if (!process && row.retry_at === null) {
      if (isKnown && row.age_ms < (live.get(row.id)?.epoch === row.epoch ? payloadMs : startMs)) continue;
      found.push({
        key: `no process: ${row.id} ${row.epoch}`,
        repair: () => loseRuns(engine, [{ runId: row.id, epoch: row.epoch, cause: { kind: "lost" } }]),
      });
    } else if (!isKnown) found.push({ key: `row without a slot: ${row.id}`, repair: () => scheduler.hold(row.id, laneOf(row)) });
  }
  if (live.size === 0) return found;
  const known = await engine.db.query<{ id: string; epoch: number; over: boolean }>(
    "select id, epoch, finished_at is not null and not stopping as over from run where id = any($1)",
    [[...live.values()].map(({ id }) => id)],
  );
  const current = new Map(known.map((row) => [row.id, row]));
  for (const run of live.values()) {
    const { id } = run;
    const row = current.get(id);
    if (row !== undefined && !row.over && row.epoch === run.epoch) continue;
    found.push({
      key: `handed on: ${id} ${run.epoch}`,
      repair() {
        executor.cancel(id, run.epoch);
        if (live.get(id) === run) live.delete(id);
      },
    });
  }
  return found;
}
