import { createHash, randomBytes } from "node:crypto";
import { newId } from "@/lib/ids";
import type { Database, Query } from "./database";
import type { Vault } from "./keys";

/** What this process serves; the engine's `Environment`. */
interface ServedEnvironment {
  id: string;
  slug: string;
  type: "PRODUCTION" | "DEVELOPMENT";
  concurrencyLimit: number;
  project: { id: string; ref: string; name: string };
}

export interface Bootstrapped {
  environment: ServedEnvironment;
  /** The environment's first secret key when it was made just now, to be shown this once. */
  newSecretKey: string | undefined;
  /** A secret key was given that this environment does not know: only the first boot adopts one. */
  unknownSecretKey: boolean;
}

interface BootstrapOptions {
  db: Database;
  vault: Vault;
  project: { ref: string; name: string };
  environment: { slug: "prod" | "dev"; type: "PRODUCTION" | "DEVELOPMENT" };
  secretKey: string | undefined;
}

/** Project, environment and its first secret key, made on the first boot for them. Several nodes may do this at once. */
export function bootstrap({ db, vault, project, environment, secretKey }: BootstrapOptions): Promise<Bootstrapped> {
  return db.transaction(async (query) => {
    const served = await makeEnvironment(query, project, environment);
    const keys = await query<{ hash: Buffer }>("select hash from api_key where environment_id = $1", [served.id]);
    if (keys.length === 0) {
      const key = secretKey ?? `tr_${served.slug}_${randomKey()}`;
      await insertRootKey(query, served.id, { key, vault });
      return { environment: served, newSecretKey: secretKey === undefined ? key : undefined, unknownSecretKey: false };
    }
    const unknownSecretKey = secretKey !== undefined && !keys.some((row) => row.hash.equals(sha256(secretKey)));
    return { environment: served, newSecretKey: undefined, unknownSecretKey };
  });
}

async function makeEnvironment(query: Query, project: { ref: string; name: string }, environment: { slug: "prod" | "dev"; type: "PRODUCTION" | "DEVELOPMENT" }): Promise<ServedEnvironment> {
  // The update locks the project's row, so nodes that boot together make one environment and one key.
  const [owner] = await query<{ id: string; ref: string; name: string }>(
    "insert into project (id, ref, name) values ($1, $2, $3) on conflict (ref) do update set ref = excluded.ref returning id, ref, name",
    [newId("project"), project.ref, project.name],
  );
  if (owner === undefined) throw new Error("the project row was not returned");
  const [row] = await query<{ id: string; concurrency_limit: number }>(
    `insert into environment (id, project_id, slug, type) values ($1, $2, $3, $4)
       on conflict (project_id, slug) do update set slug = excluded.slug returning id, concurrency_limit`,
    [newId("env"), owner.id, environment.slug, environment.type],
  );
  if (row === undefined) throw new Error("the environment row was not returned");
  return { id: row.id, ...environment, concurrencyLimit: row.concurrency_limit, project: owner };
}

async function insertRootKey(query: Query, environmentId: string, { key, vault }: { key: string; vault: Vault }): Promise<void> {
  const prefix = /^tr_[a-z]+_/.exec(key)?.[0] ?? "tr_";
  await query("insert into api_key (id, environment_id, name, prefix, last4, hash, sealed, is_root) values ($1, $2, 'Root key', $3, $4, $5, $6, true)", [
    newId("key"),
    environmentId,
    prefix,
    key.slice(-4),
    sha256(key),
    vault.seal(key, "api-key"),
  ]);
}

/** 32 letters and digits (190 bits): longer than the 24 of the additional keys' pattern, which a root key must not match. */
function randomKey(): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  let key = "";
  while (key.length < 32) for (const byte of randomBytes(64)) if (byte < 248 && key.length < 32) key += alphabet[byte % 62];
  return key;
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
