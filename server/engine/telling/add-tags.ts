import { limits } from "@/lib/contracts/run";
import { eventOf, publish, type Engine } from "../engine";
import { EngineError } from "../error";
import { checkTags } from "../triggering/prepare-run";
import { runColumns, type StoredRun } from "../run-row";

const addSql = `
with r as (
  update run set tags = $3, version = version + 1, updated_at = now() where id = $1 returning ${runColumns}
),
t as (insert into run_tag (env_id, tag, created_at, run_id) select $2, tag, r.created_at, r.id from r, unnest($3::text[]) as tag on conflict do nothing),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), 'tagged', $4 from r)
select * from r`;

/** Adds tags to a run in any state. 422 when it would have more than 10. */
export async function addTags(engine: Engine, runId: string, tags: readonly string[]): Promise<void> {
  const run = await engine.db.transaction(async (query) => {
    const [held] = await query<{ tags: string[] }>("select tags from run where id = $1 and env_id = $2 for update", [runId, engine.env.id]);
    if (held === undefined) throw new EngineError(404, `Run ${runId} not found.`);
    const added = checkTags(tags).filter((tag) => !held.tags.includes(tag));
    if (added.length === 0) return null;
    const all = [...held.tags, ...added];
    if (all.length > limits.tagsPerRun)
      throw new EngineError(422, `A run has at most ${limits.tagsPerRun} tags; it would have ${all.length}.`, { param: "tags" });
    const [changed] = await query<StoredRun>(addSql, [runId, engine.env.id, all, JSON.stringify({ tags: added })]);
    return changed ?? null;
  });
  if (run !== null) publish(engine, [run], () => [eventOf(run, "tagged")]);
}
