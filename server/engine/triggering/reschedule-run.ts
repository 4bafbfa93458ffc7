import { parseDue } from "@/lib/time/duration";
import { eventOf, publish, type Engine } from "../engine";
import { EngineError } from "../error";
import { runColumns, type StoredRun } from "../run-row";

/** A place in the queue that is its parent's is kept. */
const rescheduleSql = `
with r as (
  update run set delay_until = $3::timestamptz, queue_at = case when queue_at = delay_until then $3::timestamptz else queue_at end, version = version + 1, updated_at = now()
   where id = $1 and env_id = $2 and status = 'DELAYED' returning ${runColumns}
),
t as (insert into run_timer (env_id, kind, ref, due_at) select $2, 'delay', id, delay_until from r on conflict (kind, ref) do update set due_at = excluded.due_at),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), 'rescheduled', $4 from r)
select * from r`;

/** Moves the start of a delayed run. 422 when it is not delayed any more, or the delay cannot be read. */
export async function rescheduleRun(engine: Engine, runId: string, delay: string): Promise<void> {
  const due = parseDue(delay, engine.clock.now());
  if (due === null) throw new EngineError(422, `"${delay}" is neither a duration such as "1h30m" nor an ISO date.`, { param: "delay" });
  const until = due.toISOString();
  const [run] = await engine.db.query<StoredRun>(rescheduleSql, [runId, engine.env.id, until, JSON.stringify({ until })]);
  if (run === undefined) {
    const [found] = await engine.db.query<{ status: string }>("select status from run where id = $1 and env_id = $2", [
      runId,
      engine.env.id,
    ]);
    if (found === undefined) throw new EngineError(404, `Run ${runId} not found.`);
    throw new EngineError(422, `Only a delayed run can be rescheduled; this one is ${found.status}.`);
  }
  engine.timers.expect(due.getTime());
  publish(engine, [run], () => [eventOf(run, "rescheduled", { until })]);
}
