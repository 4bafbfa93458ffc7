import { ensurePartitions, dropPartitions } from "../db/partitions";
import { Unavailable } from "../db/errors";
import type { Engine } from "./engine";
import { renewLease } from "./recover";

const leaseEveryMs = 3000;
const sweepEveryMs = 10_000;
const retentionEveryMs = 3_600_000;
/** Finished runs removed per statement. */
const retentionBatch = 1000;

/** Leases, the sweep, partitions and retention, each on its own clock. */
export function startMaintenance(engine: Engine, sweep: () => Promise<void>): { close(): Promise<void> } {
  const loops = [every(leaseEveryMs, () => renewLease(engine)), every(sweepEveryMs, sweep), every(retentionEveryMs, () => retain(engine))];
  return {
    async close() {
      await Promise.all(loops.map((loop) => loop.close()));
    },
  };

  function every(ms: number, work: () => Promise<unknown>): { close(): Promise<void> } {
    let running: Promise<unknown> = Promise.resolve();
    let busy = false;
    const interval = setInterval(() => {
      // One that takes longer than its interval is not started twice.
      if (busy) return;
      busy = true;
      running = work()
        .catch((error: unknown) => {
          if (!(error instanceof Unavailable)) engine.log.warn("maintenance failed", { error: String(error) });
        })
        .finally(() => {
          busy = false;
        });
    }, ms);
    return {
      async close() {
        clearInterval(interval);
        await running;
      },
    };
  }
}

const removeSql = `
with gone as materialized (
  select id from run where env_id = $1 and finished_at < now() - $2 * interval '1 day' and created_at < now() - $2 * interval '1 day'
     and not exists (select from run child where child.parent_id = run.id and child.finished_at is null)
     and not exists (select from run_journal j where j.target = run.id and j.outcome is null)
   order by created_at limit $3
),
d as (delete from run_data where run_id = any(array(select id from gone))),
t as (delete from run_tag where run_id = any(array(select id from gone))),
c as (delete from stream_chunk where run_id = any(array(select id from gone))),
s as (delete from stream where run_id = any(array(select id from gone))),
k as (delete from idempotency_key where run_id = any(array(select id from gone)) and expires_at < now())
delete from run where id = any(array(select id from gone)) returning id`;

/** Removes what is older than the retention, in small batches, and never what a live run still needs. */
export async function retain(engine: Engine): Promise<void> {
  const days = engine.retentionDays ?? 30;
  await ensurePartitions(engine.db.query, new Date());
  for (let removed = retentionBatch; removed === retentionBatch && !engine.draining; ) {
    const rows = await engine.db.query<{ id: string }>(removeSql, [engine.env.id, days, retentionBatch]);
    removed = rows.length;
    await Promise.all(rows.flatMap((row) => [engine.packets.remove(`${row.id}/payload`), engine.packets.remove(`${row.id}/output`)]));
  }
  const [oldest] = await engine.db.query<{ at: string | null }>("select min(created_at) as at from run where finished_at is null");
  const limit = new Date(Math.min(Date.now() - days * 86_400_000, typeof oldest?.at === "string" ? Date.parse(oldest.at) : Number.POSITIVE_INFINITY));
  await dropPartitions(engine.db.query, limit);
  await engine.db.query("delete from request_key where expires_at < now()");
  await engine.db.query("delete from idempotency_key where expires_at < now()");
  await engine.db.query("delete from run_stat where minute < now() - $1 * interval '1 day'", [days]);
}
