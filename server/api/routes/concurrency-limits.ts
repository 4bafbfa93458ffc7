import { Hono } from "hono";
import { LimitOverrideBody, LimitPauseBody, LimitResetBody } from "@/lib/contracts/api-bodies";
import { parseTtl } from "@/lib/time/duration";
import type { Engine } from "../../engine/engine";
import {
  findLimit,
  findLimitKey,
  listLimits,
  overrideLimit,
  overrideLimitKey,
  resetLimit,
  resetLimitKey,
  setLimitPaused,
  type LimitRow,
} from "../../engine/queues/limits";
import { checkKey } from "../../engine/triggering/prepare-run";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { describe } from "../principal";
import { requires } from "../requires";
import { bad, readPage } from "../runs-query";

const dayMs = 86_400_000;
const lives = { default: 7 * dayMs, longest: 30 * dayMs } as const;

export function concurrencyLimitRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const wants = () => ({ resources: [{ type: "queues" as const }] });
  const read = requires(context, { allow: "key", action: "read", wants });
  const write = requires(context, { allow: "key", action: "write", fromRuns: true, wants });
  const nameOf = (c: ApiRequest) => c.req.param("name") ?? "";

  app.get("/api/v1/concurrency-limits", read, async (c) => {
    const { page, perPage } = readPage(c.req.query());
    const limits = await listLimits(engine);
    return c.json({
      data: limits.slice((page - 1) * perPage, page * perPage).map((limit) => wireLimit(engine, limit)),
      pagination: { currentPage: page, totalPages: Math.max(1, Math.ceil(limits.length / perPage)), count: limits.length },
    });
  });

  app.get("/api/v1/concurrency-limits/:name", read, async (c) => {
    const key = c.req.query("concurrencyKey");
    return c.json(key === undefined ? wireLimit(engine, await findLimit(engine, nameOf(c))) : await wireKey(nameOf(c), key));
  });

  app.post("/api/v1/concurrency-limits/:name/override", write, async (c) => {
    const { concurrencyKey: key, ttl, perKey, total } = await readJson(c, LimitOverrideBody);
    const name = nameOf(c);
    if (key === undefined || perKey === undefined) await overrideLimit(engine, name, { perKey, total, by: describe(principalOf(c)) });
    else {
      checkKey(key, "concurrencyKey");
      await overrideLimitKey(engine, name, { key, perKey, ttlMs: readLife(ttl) });
    }
    const detail = [key, perKey !== undefined && `perKey ${perKey}`, total !== undefined && `total ${total}`]
      .filter((part) => part !== undefined && part !== false)
      .join(", ");
    await audit(context, { actor: principalOf(c), action: "limit.override", target: name, detail });
    return c.json(key === undefined ? wireLimit(engine, await findLimit(engine, name)) : await wireKey(name, key));
  });

  app.post("/api/v1/concurrency-limits/:name/reset", write, async (c) => {
    const { concurrencyKey: key } = await readJson(c, LimitResetBody.prefault({}));
    const name = nameOf(c);
    await (key === undefined ? resetLimit(engine, name) : resetLimitKey(engine, name, key));
    await audit(context, { actor: principalOf(c), action: "limit.reset", target: name, ...(key !== undefined && { detail: key }) });
    return c.json(key === undefined ? wireLimit(engine, await findLimit(engine, name)) : await wireKey(name, key));
  });

  app.post("/api/v1/concurrency-limits/:name/pause", write, async (c) => {
    const { action } = await readJson(c, LimitPauseBody);
    await setLimitPaused(engine, nameOf(c), action);
    await audit(context, { actor: principalOf(c), action: `limit.${action}`, target: nameOf(c) });
    return c.json(wireLimit(engine, await findLimit(engine, nameOf(c))));
  });

  async function wireKey(name: string, key: string) {
    const { perKey, paused } = await findLimit(engine, name);
    const own = await findLimitKey(engine, name, key);
    const base = perKey.override ?? perKey.base;
    return {
      name,
      concurrencyKey: key,
      perKey: {
        current: clamp(engine, base === null ? null : (own?.perKey ?? base)),
        base: clamp(engine, base),
        override: own?.perKey ?? null,
        expiresAt: own?.expiresAt ?? null,
      },
      running: engine.scheduler.holding(name, key).running,
      paused,
    };
  }

  return app;
}

/** What is enforced: never more than the environment runs. */
const clamp = ({ scheduler }: Engine, bound: number | null): number | null =>
  bound === null ? null : Math.min(bound, scheduler.environmentLimit);

function readLife(ttl: string | number | undefined): number {
  if (ttl === undefined) return lives.default;
  const ms = parseTtl(ttl);
  if (ms === null || ms <= 0 || ms > lives.longest)
    throw bad("ttl", `must be a duration such as "7d" or a number of seconds, of 30 days at most; not ${JSON.stringify(ttl).slice(0, 40)}`);
  return ms;
}

export function wireLimit(engine: Engine, { name, perKey, total, overriddenAt, paused }: LimitRow) {
  const bound = ({ base, override }: LimitRow["total"]) => ({
    current: clamp(engine, override ?? base),
    base,
    override,
    overriddenAt: override === null ? null : overriddenAt,
  });
  return { id: `climit_${name}`, name, perKey: bound(perKey), total: bound(total), ...engine.scheduler.holding(name), paused };
}
