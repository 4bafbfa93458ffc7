import { Unavailable } from "../../db/errors";
import { abortBatch } from "../batches/batch-complete";
import { eventOf, laneOf, publish, type Engine } from "../engine";
import type { Timers } from "../loops";
import { resumeRuns } from "../waiting/resume";
import { retryDue } from "../running/retry";
import { fireSchedule } from "../schedules/fire-schedule";
import { runColumns, type StoredRun } from "../run-row";
import { readOptions } from "../triggering/run-options";
import { timeOutToken } from "../waiting/token";
import { settleOperation } from "../waiting/waiters";

/** Timers that nobody told this process of (another node's, or of before a restart) are found this late at most. */
const pollMs = 1000;
const batch = 500;

interface Due {
  kind: string;
  ref: string;
}

const dueSql = "select kind, ref from run_timer where env_id = $1 and due_at <= now() order by due_at limit $2";
const nextSql =
  "select floor(extract(epoch from min(due_at) - now()) * 1000)::bigint as ms from run_timer where env_id = $1 and due_at > now()";

/** The loop that makes due what is due. Each timer's row goes in the commit of its effect, so a crash repeats none and loses none. */
export function startTimers(engine: Engine): Timers {
  let next = Number.POSITIVE_INFINITY;
  let timeout: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let closed = false;

  /** `at` by the monotonic clock. */
  function arm(at: number): void {
    if (closed || at >= next) return;
    next = at;
    clearTimeout(timeout);
    timeout = setTimeout(run, Math.max(0, Math.min(at - performance.now(), 2_147_483_647)));
  }

  function run(): void {
    next = Number.POSITIVE_INFINITY;
    running ??= fire()
      .catch((error: unknown) => {
        if (!(error instanceof Unavailable)) engine.log.error("timers failed", { error: String(error) });
      })
      .finally(() => {
        running = null;
        arm(performance.now() + pollMs);
      });
  }

  async function fire(): Promise<void> {
    let before = new Set<string>();
    for (;;) {
      const due = await engine.db.query<Due>(dueSql, [engine.env.id, batch]);
      await Promise.all(due.map((timer) => fireSafely(timer)));
      // Those that stay due (retries while the server drains, another node's) are looked at again by the next poll.
      const fresh = due.some((timer) => !before.has(`${timer.kind} ${timer.ref}`));
      before = new Set(due.map((timer) => `${timer.kind} ${timer.ref}`));
      if (due.length < batch || !fresh || closed) break;
    }
    const [row] = await engine.db.query<{ ms: number | null }>(nextSql, [engine.env.id]);
    // A millisecond more: the clock of the database has microseconds.
    if (row?.ms !== null && row !== undefined) arm(performance.now() + row.ms + 1);
  }

  /** One that fails must not keep the others from being fired. */
  async function fireSafely(timer: Due): Promise<void> {
    try {
      await fireOne(timer);
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      engine.log.error("a timer failed; it is tried again", { timer: timer.kind, of: timer.ref, error: String(error) });
    }
  }

  async function fireOne(timer: Due): Promise<void> {
    switch (timer.kind) {
      case "delay":
        return enqueueDelayed(engine, timer.ref);
      case "ttl":
        return expireRun(engine, timer.ref);
      case "version":
        return giveUpParked(engine, timer.ref);
      case "retry":
        return retryDue(engine, timer.ref);
      case "wait":
        return endWait(engine, timer.ref);
      case "token":
        return timeOutToken(engine, timer.ref);
      case "batch":
        return abortBatch(engine, timer.ref);
      case "schedule":
        return fireSchedule(engine, timer.ref);
    }
  }

  arm(performance.now());
  return {
    expect: (at) => arm(performance.now() + at - engine.clock.now()),
    async close() {
      closed = true;
      clearTimeout(timeout);
      await running;
    },
  };
}

const enqueueSql = `
with r as (
  update run set status = 'QUEUED', notable = null, version = version + 1, updated_at = now(), queued_at = now(), queue_at = least(queue_at, delay_until),
                 expires_at = case when d.options::json ->> 'ttlMs' is not null then now() + (d.options::json ->> 'ttlMs')::bigint * interval '1 ms' end
    from run_data d
   where run.id = $1 and d.run_id = run.id and run.status = 'DELAYED' and run.delay_until <= now() returning ${runColumns}
),
due as (delete from run_timer where kind = 'delay' and ref = $1 and (ref in (select id from r) or not exists (select from run where id = $1 and status = 'DELAYED'))),
q as (
  insert into run_queue (env_id, queue, concurrency_key, score, run_id)
  select $2, queue, lane_key(concurrency_key, gates), floor(extract(epoch from queue_at) * 1000)::bigint - priority_ms, id from r on conflict do nothing
),
t as (insert into run_timer (env_id, kind, ref, due_at) select $2, 'ttl', id, expires_at from r where expires_at is not null on conflict do nothing),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'queued' from r)
select * from r`;

/** The delay of a run is over: it enters the queue at the place of the time that it was due, however late, and its TTL begins. */
async function enqueueDelayed(engine: Engine, runId: string): Promise<void> {
  const [run] = await engine.db.query<StoredRun>(enqueueSql, [runId, engine.env.id]);
  if (run === undefined) return;
  engine.counts.delayed = Math.max(0, engine.counts.delayed - 1);
  engine.scheduler.enqueued(laneOf(run), Date.parse(run.queue_at) - run.priority_ms);
  publish(engine, [run], () => [eventOf(run, "queued")]);
  engine.feed.emit("queues", [run.queue]);
  if (run.expires_at !== null) engine.timers.expect(Date.parse(run.expires_at));
  engine.rounds.wake();
}

/** The TTL of a run that has not started is over. */
async function expireRun(engine: Engine, runId: string): Promise<void> {
  const [run] = await engine.db.query<{ ttl: string | null; started_at: string | null; epoch: number }>(
    "select d.options::json ->> 'ttl' as ttl, r.started_at, r.epoch from run r join run_data d on d.run_id = r.id where r.id = $1",
    [runId],
  );
  if (run !== undefined && run.started_at === null) {
    await engine.finishes.submit({
      runId,
      // It rises with the first start, so one that began meanwhile does not expire.
      epoch: run.epoch,
      from: ["QUEUED"],
      status: "EXPIRED",
      event: "expired",
      error: { type: "STRING_ERROR", raw: `Run expired because the TTL (${run.ttl ?? "given"}) was reached` },
      usageMs: 0,
    });
  }
  await engine.db.query(
    "delete from run_timer t where kind = 'ttl' and ref = $1 and due_at <= now() and not exists (select from run where id = t.ref and status = 'QUEUED' and started_at is null)",
    [runId],
  );
}

/** The deployment that a run is bound to has not come in its time. */
async function giveUpParked(engine: Engine, runId: string): Promise<void> {
  const [run] = await engine.db.query<{ options: string; epoch: number }>(
    "select d.options, r.epoch from run r join run_data d on d.run_id = r.id where r.id = $1 and r.status = 'PENDING_VERSION'",
    [runId],
  );
  if (run !== undefined) {
    const id = readOptions(run.options).parked?.externalDeploymentId ?? "";
    await engine.finishes.submit({
      runId,
      epoch: run.epoch,
      from: ["PENDING_VERSION"],
      status: "EXPIRED",
      event: "expired",
      error: {
        type: "STRING_ERROR",
        raw: `Run expired because no deployment with the external id ${JSON.stringify(id)} that has its task and queue came within an hour`,
      },
      usageMs: 0,
    });
  }
  await engine.db.query(
    "delete from run_timer t where kind = 'version' and ref = $1 and due_at <= now() and not exists (select from run where id = t.ref and status = 'PENDING_VERSION')",
    [runId],
  );
}

/** A timed wait is over. */
async function endWait(engine: Engine, ref: string): Promise<void> {
  const [runId = "", attempt, seq] = ref.split("/");
  const woken = await settleOperation(
    (sql, params) => engine.shared.query(runId, sql, params),
    { runId, attempt: Number(attempt), seq: Number(seq) },
    { ok: true, value: null },
  );
  if (woken.length > 0) await resumeRuns(engine, woken);
}
