import { setTimeout as sleep } from "node:timers/promises";
import { Unavailable } from "../../db/errors";
import { completeBatch, settleBatch } from "../batches/batch-complete";
import { cancelRun } from "../running/cancel-run";
import { eventOf, laneOf, publish, type Engine } from "../engine";
import { reconcile } from "./reconcile";
import { deliverMissed, resumeRuns } from "../waiting/resume";
import { runColumns, type StoredRun } from "../run-row";
import { settleFinal, settleToken } from "../waiting/settle";

/** A node that has not renewed its lease for this long is dead; its runs are taken over. */
export const leaseMs = 10_000;

/** Renews this node's lease; in the same statement the nodes whose lease is over are named. */
export async function renewLease(engine: Engine): Promise<string[]> {
  const rows = await engine.db.query<{ id: string }>(
    `with me as (
       insert into node (id, lease_until, roles) values ($1, now() + $2 * interval '1 ms', 'all')
       on conflict (id) do update set lease_until = excluded.lease_until
     )
     select id from node where lease_until < now() and id <> $1`,
    [engine.nodeId, leaseMs],
  );
  return rows.map((row) => row.id);
}

/**
 * Runs that executed on a dead node go to the queue, at their place, to be resumed by replay: no attempt is used. Those between
 * two attempts go back through the queue when their retry is due. A waiting one changes hands when it goes on.
 * A cancel may be committed meanwhile, by the dead node itself for one: what becomes of a run follows from its row as it is when
 * it is written, or the slot would go and the run stay `stopping` for good. Runs are locked before slots, as everywhere.
 */
const orphansSql = `
with o as materialized (
  select s.run_id from run_slot s join run r on r.id = s.run_id and r.node = s.node
   where s.env_id = $1 and s.node <> $2 and (s.node = any($3) or not exists (select from node n where n.id = s.node))
   order by s.run_id limit 1000 for no key update of r skip locked
),
h as (delete from run_slot where run_id = any(array(select run_id from o))),
w as (
  update run set status = case when stopping then status else 'QUEUED' end, stopping = false, node = case when stopping then node end,
                 notable = case when stopping then notable when retry_at is not null then 'QUEUED' end,
                 epoch = epoch + (not stopping)::int, version = version + (not stopping)::int,
                 updated_at = case when stopping then updated_at else now() end, queued_at = case when stopping then queued_at else now() end
   where id = any(array(select run_id from o)) and (status in ('EXECUTING', 'DEQUEUED') or stopping) returning ${runColumns}
),
r as (select * from w where status = 'QUEUED'),
q as (
  insert into run_queue (env_id, queue, concurrency_key, score, run_id, resume)
  select $1, queue, lane_key(concurrency_key, gates), floor(extract(epoch from queue_at) * 1000)::bigint - priority_ms, id, true
    from r where retry_at is null on conflict do nothing
),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), 'redelivered', '{"reason":"the server that ran it stopped"}' from r)
select r.*, (select count(*) from o) as slots from r`;

async function takeOrphans(engine: Engine, deadNodes: readonly string[]): Promise<number> {
  let total = 0;
  for (;;) {
    const runs = await engine.db.query<StoredRun & { slots: number }>(orphansSql, [engine.env.id, engine.nodeId, deadNodes]);
    for (const run of runs) if (run.retry_at === null) engine.scheduler.enqueued(laneOf(run), 0);
    publish(engine, runs, (run) => [eventOf(run, "redelivered")]);
    total += runs.length;
    if ((runs[0]?.slots ?? 0) < 1000) break;
  }
  await engine.db.query("delete from node where id = any($1) and lease_until < now()", [deadNodes]);
  return total;
}

/**
 * Before the first start: when this engine holds the database's lock, the nodes of former processes are dead whatever their lease
 * says; else their lease decides, and the sweep takes over later.
 */
export async function recover(engine: Engine): Promise<void> {
  const dead = await renewLease(engine);
  const others = engine.sole
    ? await engine.db.query<{ id: string }>("select id from node where id <> all($1)", [[...engine.nodes]])
    : dead.map((id) => ({ id }));
  const taken = await takeOrphans(
    engine,
    others.map((node) => node.id),
  );
  if (taken > 0) engine.log.info("runs of a former process were taken over", { runs: taken });
  if (engine.sole) await engine.db.query("delete from node where id = any($1)", [others.map((node) => node.id)]);
  await cancelLeftovers(engine);
  await findLeftovers(engine);
}

/** Children of cancelled runs that a crash kept from being cancelled with them. */
async function cancelLeftovers(engine: Engine): Promise<void> {
  const parents = await engine.db.query<{ id: string }>(
    `select distinct p.id from run p join run c on c.parent_id = p.id
      where p.env_id = $1 and p.notable = 'CANCELED' and p.finished_at > now() - interval '1 day' and c.finished_at is null and c.created_at <= p.finished_at`,
    [engine.env.id],
  );
  for (const parent of parents) await cancelRun(engine, parent.id, { by: "the server" });
}

/** Every ten seconds: the safety net below everything that usually happens at once. */
export async function sweep(engine: Engine): Promise<void> {
  await findLeftovers(engine);
  try {
    await deliverMissed(engine);
    await reconcile(engine);
  } catch (error) {
    if (!(error instanceof Unavailable)) engine.log.error("comparing memory with the database failed", { error: String(error) });
  }
}

/** Looks for what a crash between two commits left: outcomes not handed over, batches not closed, waits whose target has ended. */
async function findLeftovers(engine: Engine): Promise<void> {
  try {
    const dead = await renewLease(engine);
    // A node that executes nothing leaves that to the one that does: a lease alone, by a clock that was set, proves no death.
    if (engine.executor !== null) await takeOrphans(engine, dead);
    await recount(engine);
    engine.rounds.recount();
    const ended = await engine.db.query<{ target: string }>(
      `select distinct j.target from run_journal j join run r on r.id = j.target
        where r.env_id = $1 and j.outcome is null and j.target is not null and r.finished_at < now() - interval '5 s' limit 500`,
      [engine.env.id],
    );
    if (ended.length > 0)
      await settleFinal(
        engine,
        ended.map((row) => row.target),
      );
    const answered = await engine.db.query<{ target: string }>(
      "select distinct j.target from run_journal j join waitpoint w on w.id = j.target where w.env_id = $1 and j.outcome is null and w.status <> 'WAITING' limit 500",
      [engine.env.id],
    );
    for (const row of answered) await settleToken(engine, row.target);
    await engine.db.query(
      `with x as (
         update batch_item set done = true where (batch_id, index) in (
           select b.batch_id, b.index from batch_item b join run r on r.id = b.run_id where not b.done and r.finished_at < now() - interval '5 s' limit 500)
            and not done
         returning batch_id)
       update batch set finished_count = finished_count + x.n from (select batch_id, count(*) as n from x group by 1 order by 1) x
        where id = any(array(select batch_id from x)) and id = x.batch_id`,
    );
    const batches = await engine.db.query<{ id: string }>(
      "select id from batch where env_id = $1 and status = 'PROCESSING' and sealed and finished_count >= run_count limit 100",
      [engine.env.id],
    );
    for (const batch of batches) await completeBatch(engine, batch.id);
    const over = await engine.db.query<{ target: string }>(
      "select distinct j.target from run_journal j join batch b on b.id = j.target where b.env_id = $1 and j.outcome is null and b.completed_at is not null limit 100",
      [engine.env.id],
    );
    for (const row of over) await settleBatch(engine, row.target);
    const due = await engine.db.query<{ id: string }>("select id from run where env_id = $1 and resume_due limit 1000", [engine.env.id]);
    if (due.length > 0)
      await resumeRuns(
        engine,
        due.map((run) => run.id),
      );
    engine.rounds.wake();
  } catch (error) {
    if (!(error instanceof Unavailable)) engine.log.error("the sweep failed", { error: String(error) });
  }
}

/** A commit and what it changes in memory lie this far apart at most, usually. */
const quietMs = 20;

/**
 * Counts that are kept by adding and subtracting, set right. What changed them while the table was read may be in the reading or
 * not: then it is read again, and on a server that is never quiet the last reading has to do.
 */
async function recount(engine: Engine): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const before = JSON.stringify(engine.counts);
    const [row] = await engine.db.query<{ waiting: number; delayed: number; tokensWaiting: number; failedLastHour: number }>(
      `select (select count(*) from run where env_id = $1 and notable = 'WAITING') as waiting,
              (select count(*) from run where env_id = $1 and notable = 'DELAYED') as delayed,
              (select count(*) from waitpoint where env_id = $1 and status = 'WAITING') as "tokensWaiting",
              (select coalesce(sum(count), 0) from run_stat where env_id = $1 and minute >= now() - interval '1 hour'
                  and status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT')) as "failedLastHour"`,
      [engine.env.id],
    );
    await sleep(quietMs);
    if (JSON.stringify(engine.counts) !== before && attempt < 5) continue;
    if (row !== undefined) Object.assign(engine.counts, row);
    return;
  }
}
