import { eventOf, publish, type Engine } from "../engine";
import { runColumns, type StoredRun } from "../run-row";

const startedSql = `
with r as (
  update run set status = 'EXECUTING', version = version + 1, updated_at = now() where id = $1 and epoch = $2 and status = 'DEQUEUED' returning ${runColumns}
),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), 'started', json_build_object('attempt', attempt)::text from r)
select * from r`;

/** User code begins in a process of the run's own. Runs in shared processes are EXECUTING from their dispatch on. */
export async function runStarted(engine: Engine, message: { runId: string; epoch: number }): Promise<void> {
  const live = engine.live.get(message.runId);
  if (live === undefined || live.epoch !== message.epoch || live.stored.status !== "DEQUEUED") return;
  const [run] = await engine.db.query<StoredRun>(startedSql, [message.runId, message.epoch]);
  if (run === undefined) return;
  publish(engine, [run], () => [eventOf(run, "started", { attempt: run.attempt })]);
}
