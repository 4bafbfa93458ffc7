import { Hono } from "hono";
import { z } from "zod";
import { ApiKeyCreateBody, ApiKeyRotateBody, type ApiKeyRow } from "@/lib/contracts/dashboard";
import { keyPresets, type KeyPreset } from "@/lib/contracts/key-presets";
import type { ApiKey } from "../../db/generated/client";
import { keyRecord, newSecretKey } from "../../db/secret-keys";
import { EngineError } from "../../engine/error";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv } from "../context";
import { describe } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";

const dayMs = 86_400_000;

export function keyRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, prisma, keys, credentials } = context;
  const environmentId = engine.env.id;
  const app = new Hono<ApiEnv>();
  const admin = requires(context, { allow: "session", role: "admin" });

  app.get("/api/dashboard/keys", requires(context, { allow: "session", role: "viewer" }), async (c) => {
    const rows = await prisma.apiKey.findMany({ where: { environmentId }, orderBy: [{ createdAt: "desc" }, { id: "desc" }] });
    return c.json({ keys: rows.map(toKeyRow) });
  });

  app.post("/api/dashboard/keys", admin, async (c) => {
    const principal = principalOf(c);
    const { name, preset, tasks, expiresInDays } = await readJson(c, ApiKeyCreateBody);
    const key = newSecretKey(engine.env.type, "additional");
    const record = keyRecord(keys.vault, {
      key,
      environmentId,
      name,
      createdBy: describe(principal),
      isRoot: false,
      preset,
      taskIds: [...new Set(tasks)],
    });
    const row = await prisma.apiKey.create({
      data: { ...record, expiresAt: expiresInDays === undefined ? null : new Date(Date.now() + expiresInDays * dayMs) },
    });
    await audit(context, { actor: principal, action: "key.create", target: row.id, detail: `${name} (${preset})` });
    credentials.forget();
    return c.json({ key, row: toKeyRow(row) });
  });

  app.post("/api/dashboard/keys/:keyId/rotate", admin, async (c) => {
    const principal = principalOf(c);
    const { graceHours } = await readJson(c, ApiKeyRotateBody);
    const old = await usableKey(c.req.param("keyId"));
    const key = newSecretKey(engine.env.type, old.isRoot ? "root" : "additional");
    const { isRoot, name, taskIds } = old;
    const record = keyRecord(keys.vault, {
      key,
      environmentId,
      name,
      createdBy: describe(principal),
      isRoot,
      preset: presetOf(old),
      taskIds,
    });
    const graceEnd = new Date(Date.now() + graceHours * 3_600_000);
    const row = await prisma.$transaction(async (tx) => {
      const expiresAt = old.expiresAt !== null && old.expiresAt < graceEnd ? old.expiresAt : graceEnd;
      // Of two rotations at once one finds the key rotated already.
      const changed = await tx.apiKey.updateMany({
        where: { id: old.id, revokedAt: null, rotatedAt: null },
        data: { expiresAt, rotatedAt: new Date() },
      });
      if (changed.count === 0) throw new EngineError(409, "This key has been rotated or revoked already.");
      // What was made to end at a time ends then.
      return tx.apiKey.create({ data: { ...record, expiresAt: old.expiresAt } });
    });
    await audit(context, { actor: principal, action: "key.rotate", target: old.id, detail: row.id });
    credentials.forget();
    return c.json({ key, row: toKeyRow(row) });
  });

  app.post("/api/dashboard/keys/:keyId/revoke", admin, async (c) => {
    const old = await usableKey(c.req.param("keyId"));
    const row = await prisma.apiKey.update({ where: { id: old.id }, data: { revokedAt: new Date() } });
    await audit(context, { actor: principalOf(c), action: "key.revoke", target: old.id });
    credentials.forget();
    return c.json({ row: toKeyRow(row) });
  });

  async function usableKey(id: string): Promise<ApiKey> {
    const key = await prisma.apiKey.findFirst({ where: { id, environmentId } });
    if (key === null) throw notFound("API key");
    if (key.revokedAt !== null) throw new EngineError(409, "This key has been revoked already.");
    if (key.expiresAt !== null && key.expiresAt.getTime() <= Date.now()) throw new EngineError(409, "This key has ended already.");
    return key;
  }

  return app;
}

/** The table is written here only. */
const presetOf = ({ preset }: Pick<ApiKey, "preset">): KeyPreset => z.enum(keyPresets).parse(preset);

function toKeyRow(key: ApiKey): ApiKeyRow {
  return {
    id: key.id,
    name: key.name,
    display: `${key.prefix}…${key.last4}`,
    isRoot: key.isRoot,
    preset: presetOf(key),
    tasks: key.taskIds,
    createdAt: key.createdAt.toISOString(),
    ...(key.createdBy !== null && { createdBy: key.createdBy }),
    ...(key.lastUsedAt !== null && { lastUsedAt: key.lastUsedAt.toISOString() }),
    ...(key.expiresAt !== null && { expiresAt: key.expiresAt.toISOString() }),
    ...(key.rotatedAt !== null && { rotatedAt: key.rotatedAt.toISOString() }),
    ...(key.revokedAt !== null && { revokedAt: key.revokedAt.toISOString() }),
  };
}
