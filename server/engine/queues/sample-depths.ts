import type { Engine } from "../engine";

const sampleSql = `
insert into queue_depth (env_id, minute, queue, queued)
select $1, date_trunc('minute', now()), seen.queue, seen.queued from unnest($2::text[], $3::int[]) as seen(queue, queued) order by seen.queue
on conflict (env_id, minute, queue) do update set queued = excluded.queued where queue_depth.queued < excluded.queued`;

/** Keeps how many runs wait in each queue now, where any does; of a minute the most. */
export async function sampleDepths({ db, env, scheduler }: Engine): Promise<void> {
  const waiting = [...scheduler.depths()].filter(([, depth]) => depth.waiting > 0);
  if (waiting.length === 0) return;
  await db.query(sampleSql, [env.id, waiting.map(([queue]) => queue), waiting.map(([, depth]) => depth.waiting)]);
}
