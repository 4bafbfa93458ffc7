import type { Engine } from "../engine";
import { keyTtl } from "../triggering/prepare-run";

const firstSql = `
insert into request_key as k (env_id, kind, key, ref, expires_at) values ($1, $2, $3, $4, now() + $5 * interval '1 ms')
on conflict (env_id, kind, key) do update set
  ref = case when k.expires_at < now() then excluded.ref else k.ref end,
  expires_at = case when k.expires_at < now() then excluded.expires_at else k.expires_at end
returning ref`;

/** What the first wait with this idempotency key waits for: it decides for all later ones, until the key's TTL (none: a year) is over. */
export async function firstOfKey(
  engine: Engine,
  wait: { kind: "wait" | "input"; key: string; ttl: string | undefined; ref: string },
): Promise<string> {
  const ttlMs = wait.ttl === undefined ? 365 * 86_400_000 : keyTtl(wait.ttl, "idempotencyKeyTTL");
  const [row] = await engine.db.query<{ ref: string }>(firstSql, [engine.env.id, wait.kind, wait.key, wait.ref, ttlMs]);
  return row?.ref ?? wait.ref;
}
