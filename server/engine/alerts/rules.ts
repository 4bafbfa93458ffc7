import { AlertCondition, type AlertEvent, type AlertRule } from "@/lib/contracts/alerts";
import { alertLimits } from "@/lib/contracts/alerts-choices";
import { newId } from "@/lib/ids/ids";
import type { Query } from "../../db/database";
import type { Engine } from "../engine";
import { EngineError } from "../error";

export interface StoredRule {
  id: string;
  name: string;
  condition: string;
  channels: string[];
  state: "ok" | "firing";
  since: string;
  value: number | null;
  evaluated_at: string | null;
  problem: string | null;
  muted_until: string | null;
  acknowledged_by: string | null;
  acknowledged_at: string | null;
  created_by: string;
}

const toRule = (row: StoredRule): AlertRule => ({
  id: row.id,
  name: row.name,
  condition: readCondition(row.condition),
  channels: row.channels,
  state: row.state,
  since: row.since,
  value: row.value,
  createdBy: row.created_by,
  ...(row.evaluated_at !== null && { evaluatedAt: row.evaluated_at }),
  ...(row.problem !== null && { problem: row.problem }),
  ...(row.muted_until !== null && Date.parse(row.muted_until) > Date.now() && { mutedUntil: row.muted_until }),
  ...(row.acknowledged_by !== null && { acknowledgedBy: row.acknowledged_by }),
  ...(row.acknowledged_at !== null && { acknowledgedAt: row.acknowledged_at }),
});

export const readCondition = (stored: string): AlertCondition => AlertCondition.parse(JSON.parse(stored));

const noRule = (id: string) => new EngineError(404, `Alert ${id.slice(0, 64)} not found.`);

/** Firing ones first, then the oldest. */
export async function listRules({ db, env }: Pick<Engine, "db" | "env">): Promise<AlertRule[]> {
  const rows = await db.lists<StoredRule>(
    "select * from alert_rule where env_id = $1 order by state <> 'firing', created_at, id limit $2",
    [env.id, alertLimits.rules],
  );
  return rows.map(toRule);
}

export async function findRule({ db, env }: Pick<Engine, "db" | "env">, id: string): Promise<AlertRule> {
  const [row] = await db.query<StoredRule>("select * from alert_rule where env_id = $1 and id = $2", [env.id, id]);
  if (row === undefined) throw noRule(id);
  return toRule(row);
}

interface RuleInput {
  name: string;
  condition: AlertCondition;
  channels: readonly string[];
}

/** Changes of one environment's alerts are made one after another: each sees how many there are, and which channels. */
function change<T>({ db, env }: Engine, work: (query: Query) => Promise<T>): Promise<T> {
  return db.transaction(async (query) => {
    await query("select id from environment where id = $1 for no key update", [env.id]);
    return work(query);
  });
}

async function checkChannels(query: Query, envId: string, channels: readonly string[]): Promise<void> {
  const known = await query<{ id: string }>("select id from alert_channel where env_id = $1 and id = any($2)", [envId, channels]);
  const unknown = channels.find((id) => !known.some((channel) => channel.id === id));
  if (unknown !== undefined)
    throw new EngineError(400, `There is no channel ${JSON.stringify(unknown.slice(0, 64))} in this environment.`, { param: "channels" });
}

export async function createRule(engine: Engine, { name, condition, channels }: RuleInput, by: string): Promise<AlertRule> {
  const id = newId("alert");
  await change(engine, async (query) => {
    await checkChannels(query, engine.env.id, channels);
    const [held] = await query<{ n: number }>("select count(*)::int as n from alert_rule where env_id = $1", [engine.env.id]);
    if ((held?.n ?? 0) >= alertLimits.rules)
      throw new EngineError(400, `An environment has at most ${alertLimits.rules} alerts. Delete one first.`);
    await query("insert into alert_rule (id, env_id, name, condition, channels, created_by) values ($1, $2, $3, $4, $5, $6)", [
      id,
      engine.env.id,
      name,
      JSON.stringify(condition),
      channels,
      by,
    ]);
  });
  engine.feed.emit("news", ["alerts"]);
  return findRule(engine, id);
}

/** Another condition begins anew: it is not firing until it is measured. */
export async function updateRule(engine: Engine, id: string, { name, condition, channels }: RuleInput): Promise<AlertRule> {
  await change(engine, async (query) => {
    await checkChannels(query, engine.env.id, channels);
    const rows = await query(
      `update alert_rule set name = $3, channels = $5, updated_at = now(), condition = $4,
              state = case when condition = $4 then state else 'ok' end, since = case when condition = $4 then since else now() end,
              value = case when condition = $4 then value end, problem = case when condition = $4 then problem end,
              acknowledged_by = case when condition = $4 then acknowledged_by end, acknowledged_at = case when condition = $4 then acknowledged_at end
        where env_id = $1 and id = $2 returning id`,
      [engine.env.id, id, name, JSON.stringify(condition), channels],
    );
    if (rows.length === 0) throw noRule(id);
  });
  engine.feed.emit("news", ["alerts"]);
  return findRule(engine, id);
}

async function touch(engine: Engine, id: string, sql: string, params: readonly unknown[]): Promise<AlertRule> {
  const rows = await engine.db.query(sql, [engine.env.id, id, ...params]);
  if (rows.length === 0) throw noRule(id);
  engine.feed.emit("news", ["alerts"]);
  return findRule(engine, id);
}

/** Null: it is told of again. */
export const muteRule = (engine: Engine, id: string, until: string | null): Promise<AlertRule> =>
  touch(engine, id, "update alert_rule set muted_until = $3 where env_id = $1 and id = $2 returning id", [until]);

/** Throws 409 for one that is not firing. */
export async function acknowledgeRule(engine: Engine, id: string, by: string): Promise<AlertRule> {
  if ((await findRule(engine, id)).state !== "firing")
    throw new EngineError(409, "This alert is not firing: there is nothing to acknowledge.");
  return touch(
    engine,
    id,
    "update alert_rule set acknowledged_by = coalesce(acknowledged_by, $3), acknowledged_at = coalesce(acknowledged_at, now()) where env_id = $1 and id = $2 returning id",
    [by],
  );
}

export async function deleteRule(engine: Engine, id: string): Promise<void> {
  const rows = await engine.db.query("delete from alert_rule where env_id = $1 and id = $2 returning id", [engine.env.id, id]);
  if (rows.length === 0) throw noRule(id);
  engine.feed.emit("news", ["alerts"]);
}

/** The newest, with how their tellings went. */
export async function listEvents({ db, env }: Pick<Engine, "db" | "env">): Promise<AlertEvent[]> {
  const events = await db.lists<{
    id: string;
    rule_id: string;
    kind: AlertEvent["kind"];
    at: string;
    value: number | null;
    muted: boolean;
  }>("select id, rule_id, kind, at, value, muted from alert_event where env_id = $1 order by at desc, id desc limit $2", [
    env.id,
    alertLimits.events,
  ]);
  const tellings = await db.lists<{
    event_id: string;
    channel_id: string;
    attempts: number;
    delivered_at: string | null;
    failed_at: string | null;
    error: string | null;
  }>("select event_id, channel_id, attempts, delivered_at, failed_at, error from alert_delivery where event_id = any($1) order by id", [
    events.map(({ id }) => id),
  ]);
  return events.map(({ rule_id: ruleId, ...event }) => ({
    ...event,
    ruleId,
    deliveries: tellings
      .filter((telling) => telling.event_id === event.id)
      .map(({ channel_id: channel, attempts, delivered_at: delivered, failed_at: failed, error }) => ({
        channel,
        attempts,
        state: delivered !== null ? "delivered" : failed !== null ? "failed" : "pending",
        ...(error !== null && { error }),
      })),
  }));
}
