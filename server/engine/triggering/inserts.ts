import type { RunEvent } from "@/lib/contracts/run";
import { isUniqueViolation } from "../../db/errors";
import { groupCommit } from "../../db/group-commit";
import { dispatch } from "../running/dispatch";
import { eventOf, freeSlot, laneOf, publish, type Engine } from "../engine";
import { EngineError } from "../error";
import { insertRuns, sizeOfRun, type NewRun } from "./insert-runs";
import type { StoredRun } from "../run-row";

/** The write loop of new runs without an idempotency or request key: one statement per group. */
export function createInserts(engine: Engine) {
  const writer = engine.db.writer();
  const group = groupCommit<NewRun, StoredRun>({
    writer,
    sizeOf: sizeOfRun,
    async run({ query }, items) {
      const stored = await insertRuns(query, engine.env.id, items, { again: false }).catch((error: unknown) => {
        if (isUniqueViolation(error)) return insertRuns(query, engine.env.id, items, { again: true });
        throw error;
      });
      const byId = new Map(stored.map((run) => [run.id, run]));
      return items.map((item) => byId.get(item.id) ?? new EngineError(409, `Run ${item.parent_id} has changed hands; its former process may not trigger runs.`));
    },
  });
  return {
    async submit(run: NewRun): Promise<StoredRun> {
      const stored = await group.submit(run).catch((error: unknown) => {
        freeSlot(engine, run.id);
        throw error;
      });
      afterInsert(engine, [run], [stored]);
      return stored;
    },
    idle: group.idle,
  };
}

/** What follows the commit that created runs: the feed hears of them, those on the fast road start, the others are counted. */
export function afterInsert(engine: Engine, inputs: readonly NewRun[], stored: readonly StoredRun[]): void {
  const input = new Map(inputs.map((run) => [run.id, run]));
  publish(engine, stored, (run) => creationEvents(run, input.get(run.id)?.created_by), true);
  const queues = new Set<string>();
  for (const run of stored) {
    queues.add(run.queue);
    const from = input.get(run.id);
    if (run.status === "QUEUED") {
      engine.scheduler.enqueued(laneOf(run), Date.parse(run.queue_at) - run.priority_ms);
      if (run.expires_at !== null) engine.timers.expect(Date.parse(run.expires_at));
    } else if (run.status === "DELAYED") {
      engine.counts.delayed += 1;
      if (run.delay_until !== null) engine.timers.expect(Date.parse(run.delay_until));
    } else if (from?.status === run.status && (run.status === "EXECUTING" || run.status === "DEQUEUED")) {
      dispatch(engine, run, { payload: from.payload, payload_type: from.payload_type, metadata: from.metadata, options: from.options });
    }
  }
  engine.feed.emit("queues", [...queues]);
  engine.claims.wake();
}

function creationEvents(run: StoredRun, by: string | undefined): RunEvent[] {
  const created: RunEvent = { runId: run.id, version: 1, at: run.created_at, type: "created", ...(by !== undefined && { data: { by } }) };
  if (run.version === 1) return [created];
  return [created, eventOf(run, run.status === "DEQUEUED" ? "dequeued" : "started", { attempt: run.attempt })];
}
