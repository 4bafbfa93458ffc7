import { Hono } from "hono";
import { z } from "zod";
import { parseTtl } from "@/lib/time/duration";
import type { Engine } from "../../engine/engine";
import { findLimit, findLimitKey, listLimits, overrideLimit, overrideLimitKey, resetLimit, resetLimitKey, setLimitPaused, type LimitRow } from "../../engine/queues/limits";
import { checkKey } from "../../engine/triggering/prepare-run";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { describe } from "../principal";
import { requires } from "../requires";
import { bad, readPage } from "../runs-query";

const Bound = z.number().int().min(0).max(100_000);
const Key = z.union([z.string(), z.number()]).transform(String).pipe(z.string().min(1).max(128));
const OverrideBody = z
  .strictObject({ perKey: Bound.optional(), total: Bound.optional(), concurrencyKey: Key.optional(), ttl: z.union([z.string(), z.number().int().positive()]).optional() })
  .superRefine(({ perKey, total, concurrencyKey, ttl }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (concurrencyKey === undefined && ttl !== undefined) refuse("ttl", "is for the override of one concurrencyKey; one of the limit itself lasts until it is reset");
    if (concurrencyKey === undefined && perKey === undefined && total === undefined) refuse("total", "or perKey must be given");
    if (concurrencyKey !== undefined && perKey === undefined) refuse("perKey", "must be given for one concurrencyKey");
    if (concurrencyKey !== undefined && total !== undefined) refuse("total", "is not per key: leave it out for one concurrencyKey");
  });
const ResetBody = z.strictObject({ concurrencyKey: Key.optional() });
const PauseBody = z.strictObject({ action: z.enum(["pause", "resume"]) });
const dayMs = 86_400_000;
const lives = { default: 7 * dayMs, longest: 30 * dayMs } as const;

export function concurrencyLimitRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const read = requires(context, { allow: "key", action: "read" });
  const write = requires(context, { allow: "key", action: "write", fromRuns: true });
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
    const { concurrencyKey: key, ttl, perKey, total } = await readJson(c, OverrideBody);
    const name = nameOf(c);
    if (key === undefined || perKey === undefined) await overrideLimit(engine, name, { perKey, total, by: describe(principalOf(c)) });
    else {
      checkKey(key, "concurrencyKey");
      await overrideLimitKey(engine, name, { key, perKey, ttlMs: readLife(ttl) });
    }
    const detail = [key, perKey !== undefined && `perKey ${perKey}`, total !== undefined && `total ${total}`].filter((part) => part !== undefined && part !== false).join(", ");
    await audit(context, { actor: principalOf(c), action: "limit.override", target: name, detail });
    return c.json(key === undefined ? wireLimit(engine, await findLimit(engine, name)) : await wireKey(name, key));
  });

  app.post("/api/v1/concurrency-limits/:name/reset", write, async (c) => {
    const { concurrencyKey: key } = await readJson(c, ResetBody.prefault({}));
    const name = nameOf(c);
    await (key === undefined ? resetLimit(engine, name) : resetLimitKey(engine, name, key));
    await audit(context, { actor: principalOf(c), action: "limit.reset", target: name, ...(key !== undefined && { detail: key }) });
    return c.json(key === undefined ? wireLimit(engine, await findLimit(engine, name)) : await wireKey(name, key));
  });

  app.post("/api/v1/concurrency-limits/:name/pause", write, async (c) => {
    const { action } = await readJson(c, PauseBody);
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
      perKey: { current: clamp(engine, base === null ? null : (own?.perKey ?? base)), base: clamp(engine, base), override: own?.perKey ?? null, expiresAt: own?.expiresAt ?? null },
      running: engine.scheduler.holding(name, key).running,
      paused,
    };
  }

  return app;
}

/** What is enforced: never more than the environment runs. */
const clamp = ({ scheduler }: Engine, bound: number | null): number | null => (bound === null ? null : Math.min(bound, scheduler.environmentLimit));

function readLife(ttl: string | number | undefined): number {
  if (ttl === undefined) return lives.default;
  const ms = parseTtl(ttl);
  if (ms === null || ms <= 0 || ms > lives.longest) throw bad("ttl", `must be a duration such as "7d" or a number of seconds, of 30 days at most; not ${JSON.stringify(ttl).slice(0, 40)}`);
  return ms;
}

function wireLimit(engine: Engine, { name, perKey, total, overriddenAt, paused }: LimitRow) {
  const bound = ({ base, override }: LimitRow["total"]) => ({ current: clamp(engine, override ?? base), base, override, overriddenAt: override === null ? null : overriddenAt });
  return { id: `climit_${name}`, name, perKey: bound(perKey), total: bound(total), ...engine.scheduler.holding(name), paused };
}
