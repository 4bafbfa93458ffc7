import { newId } from "@/lib/ids/ids";
import { Unavailable } from "../../db/errors";
import type { Engine } from "../engine";
import { measure } from "./measure";
import { readCondition, type StoredRule } from "./rules";
import { isBeyond } from "./sliding";

const measuredSql = "update alert_rule set value = $3, evaluated_at = now(), problem = $4 where id = $1 and condition = $2";

/**
 * The state changes once, whoever measures it, in the commit of its event and of one delivery for each channel. $1 rule, $2 state before,
 * $3 state after, $4 value, $5 event, $6 delivery ids, $7 the condition that was measured. A resolved one is told to people alone:
 * programs know no word for it.
 */
const changeSql = `
with r as (
  update alert_rule set state = $3, since = now(), acknowledged_by = null, acknowledged_at = null where id = $1 and state = $2 and condition = $7
  returning id, env_id, channels, coalesce(muted_until > now(), false) as muted
), e as (
  insert into alert_event (id, env_id, rule_id, kind, value, muted) select $5, env_id, id, case $3 when 'firing' then 'firing' else 'resolved' end, $4, muted from r returning id
)
insert into alert_delivery (id, env_id, event_id, channel_id)
select ($6::text[])[of.place], r.env_id, e.id, c.id
  from r, e, unnest(r.channels) with ordinality as of (channel, place) join alert_channel c on c.id = of.channel
 where not r.muted and ($3 = 'firing' or c.kind <> 'webhook')`;

/** Measures every rule once, one after the other, and answers how many there are. What cannot be measured keeps its state and says why. */
export async function evaluateRules(engine: Engine): Promise<number> {
  const { db, env, clock, feed, log } = engine;
  const rules = await db.query<StoredRule>("select * from alert_rule where env_id = $1 order by evaluated_at nulls first, id", [env.id]);
  for (const rule of rules) {
    const condition = readCondition(rule.condition);
    try {
      const value = await measure(db, env.id, condition, new Date(clock.now()));
      await db.query(measuredSql, [rule.id, rule.condition, value, null]);
      const state = isBeyond(condition, value) ? "firing" : "ok";
      if (state === rule.state) continue;
      await db.query(changeSql, [
        rule.id,
        rule.state,
        state,
        value,
        newId("alertevent"),
        rule.channels.map(() => newId("delivery")),
        rule.condition,
      ]);
      feed.emit("news", ["alerts"]);
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      log.warn("an alert could not be measured", { alert: rule.id, error: String(error) });
      await db.query(measuredSql, [
        rule.id,
        rule.condition,
        rule.value,
        "It could not be measured: the database took too long, or refused.",
      ]);
    }
  }
  return rules.length;
}
