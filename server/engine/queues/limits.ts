import { limitName, type BundleManifest, type TaskManifest } from "@/lib/contracts/task";
import type { Query } from "../../db/database";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { joinGates, type GateLimits } from "./lanes";

/** What `concurrencyLimits` tells of a limit. */
export interface LimitRow {
  name: string;
  perKey: { base: number | null; override: number | null };
  total: { base: number | null; override: number | null };
  overriddenAt: string | null;
  paused: boolean;
}

interface StoredLimit {
  name: string;
  per_key: number | null;
  total: number | null;
  override_per_key: number | null;
  override_total: number | null;
  overridden_at: string | null;
  paused: boolean;
}

const ownLimit = (task: string) => `task/${task}`;

/** The limits that a run holds, joined: its task's own, and those that are named, by the trigger or else by the task. Throws 422 for a name that no code declares. */
export function gatesOf(engine: Engine, task: TaskManifest, asked: readonly string[] | undefined): string | null {
  const named = asked ?? task.concurrency?.limits ?? [];
  for (const name of named) {
    if (limitName.test(name) && engine.scheduler.hasLimit(name)) continue;
    const known = engine.scheduler
      .limitNames()
      .filter((one) => limitName.test(one))
      .toSorted();
    const message = `The concurrency limit ${JSON.stringify(name.slice(0, 130))} is not declared. ${known.length === 0 ? `Declare it with concurrencyLimit({ name: ${JSON.stringify(name.slice(0, 122))}, total: 1 }) in a task file.` : `Known: ${known.join(", ")}.`}`;
    throw new EngineError(422, message, { param: "options.concurrency", issues: [{ path: "options.concurrency", message }] });
  }
  return joinGates([...(task.concurrency?.inline === undefined ? [] : [ownLimit(task.id)]), ...new Set(named)]);
}

/** The limits of a version take the place of the former's; what operators have set stays. */
export async function storeLimits(query: Query, envId: string, { tasks, limits = [] }: BundleManifest): Promise<void> {
  const own = tasks.flatMap(({ id, concurrency }) =>
    concurrency?.inline === undefined ? [] : [{ name: ownLimit(id), ...concurrency.inline }],
  );
  const declared = [...limits, ...own];
  await query(
    "update concurrency_limit set per_key = null, total = null where env_id = $1 and name <> all($2) and (per_key is not null or total is not null)",
    [envId, declared.map(({ name }) => name)],
  );
  await query("delete from concurrency_limit where env_id = $1 and name <> all($2) and overridden_at is null and not paused", [
    envId,
    declared.map(({ name }) => name),
  ]);
  for (const { name, perKey, total } of declared) {
    await query(
      `insert into concurrency_limit (env_id, name, per_key, total) values ($1, $2, $3, $4)
       on conflict (env_id, name) do update set per_key = excluded.per_key, total = excluded.total`,
      [envId, name, perKey ?? null, total ?? null],
    );
  }
}

/** Loads all limits into the scheduler. */
export async function loadLimits({ db, env, scheduler }: Engine): Promise<void> {
  const rows = await db.query<StoredLimit>("select * from concurrency_limit where env_id = $1", [env.id]);
  const keys =
    rows.length === 0
      ? []
      : await db.query<{ name: string; key: string; per_key: number; expires_at: string }>(
          "select name, key, per_key, expires_at from concurrency_limit_key where env_id = $1 and expires_at > now()",
          [env.id],
        );
  const limits = rows.map((row): [string, GateLimits] => [
    row.name,
    {
      perKey: row.override_per_key ?? row.per_key,
      total: row.override_total ?? row.total,
      paused: row.paused,
      keys: new Map(
        keys
          .filter(({ name }) => name === row.name)
          .map(({ key, per_key: perKey, expires_at: until }) => [key, { perKey, until: Date.parse(until) }]),
      ),
    },
  ]);
  scheduler.setLimits(new Map(limits));
}

export async function listLimits({ db, env }: Engine): Promise<LimitRow[]> {
  const rows = await db.lists<StoredLimit>("select * from concurrency_limit where env_id = $1 order by name", [env.id]);
  return rows.map(toRow);
}

const toRow = (row: StoredLimit): LimitRow => ({
  name: row.name,
  perKey: { base: row.per_key, override: row.override_per_key },
  total: { base: row.total, override: row.override_total },
  overriddenAt: row.overridden_at,
  paused: row.paused,
});

const notFound = (name: string) =>
  new EngineError(404, `Concurrency limit ${JSON.stringify(name.slice(0, 130))} not found.`, { code: "concurrency-limit-not-found" });

export async function findLimit(engine: Engine, name: string): Promise<LimitRow> {
  const found = (await listLimits(engine)).find((limit) => limit.name === name);
  if (found === undefined) throw notFound(name);
  return found;
}

async function changed(engine: Engine, name: string, sql: string, params: unknown[]): Promise<void> {
  const rows = await engine.db.query(sql, [engine.env.id, name, ...params]);
  if (rows.length === 0) throw notFound(name);
  await loadLimits(engine);
  engine.rounds.wake();
}

/** Other bounds until they are reset; those that are left out stay as they are. */
export const overrideLimit = (
  engine: Engine,
  name: string,
  { perKey, total, by }: { perKey?: number | undefined; total?: number | undefined; by: string },
): Promise<void> =>
  changed(
    engine,
    name,
    "update concurrency_limit set override_per_key = coalesce($3, override_per_key), override_total = coalesce($4, override_total), overridden_at = now(), overridden_by = $5 where env_id = $1 and name = $2 returning name",
    [perKey ?? null, total ?? null, by],
  );

export const resetLimit = (engine: Engine, name: string): Promise<void> =>
  changed(
    engine,
    name,
    "update concurrency_limit set override_per_key = null, override_total = null, overridden_at = null, overridden_by = null where env_id = $1 and name = $2 returning name",
    [],
  );

export const setLimitPaused = (engine: Engine, name: string, paused: "pause" | "resume"): Promise<void> =>
  changed(engine, name, "update concurrency_limit set paused = $3 where env_id = $1 and name = $2 returning name", [paused === "pause"]);

/** Another bound for one key, for so long. Throws 422 where the limit has none per key. */
export async function overrideLimitKey(
  engine: Engine,
  name: string,
  { key, perKey, ttlMs }: { key: string; perKey: number; ttlMs: number },
): Promise<void> {
  const limit = await findLimit(engine, name);
  if ((limit.perKey.override ?? limit.perKey.base) === null)
    throw new EngineError(422, `The concurrency limit "${name}" has no bound per key to override.`, { param: "concurrencyKey" });
  await changed(
    engine,
    name,
    `insert into concurrency_limit_key (env_id, name, key, per_key, expires_at) values ($1, $2, $3, $4, now() + $5 * interval '1 ms')
     on conflict (env_id, name, key) do update set per_key = excluded.per_key, expires_at = excluded.expires_at returning name`,
    [key, perKey, ttlMs],
  );
}

export async function resetLimitKey(engine: Engine, name: string, key: string): Promise<void> {
  await findLimit(engine, name);
  await engine.db.query("delete from concurrency_limit_key where env_id = $1 and name = $2 and key = $3", [engine.env.id, name, key]);
  await loadLimits(engine);
  engine.rounds.wake();
}

/** The bound of one key that is set for a time. */
export async function findLimitKey({ db, env }: Engine, name: string, key: string): Promise<{ perKey: number; expiresAt: string } | null> {
  const [row] = await db.query<{ per_key: number; expires_at: string }>(
    "select per_key, expires_at from concurrency_limit_key where env_id = $1 and name = $2 and key = $3 and expires_at > now()",
    [env.id, name, key],
  );
  return row === undefined ? null : { perKey: row.per_key, expiresAt: row.expires_at };
}
