import { newId } from "@/lib/ids/ids";
import type { Database, Query } from "./database";
import type { Vault } from "./keys";
import { insertRootKey, newSecretKey, sha256 } from "./secret-keys";

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
      await insertRootKey(query, served.id, {
        key: secretKey ?? newSecretKey(served.type, "root"),
        showDue: secretKey === undefined,
        vault,
      });
      return { environment: served, unknownSecretKey: false };
    }
    const unknownSecretKey = secretKey !== undefined && !keys.some((row) => row.hash.equals(sha256(secretKey)));
    return { environment: served, unknownSecretKey };
  });
}

/**
 * Hands `show` the secret key that a first boot has made and nobody has seen yet; undefined: there is none. It counts as seen
 * when `show` has returned, so that a start that fails before leaves it to the next one. Of several nodes one shows it.
 */
export function showNewKey(
  { db, vault, environmentId }: { db: Database; vault: Vault; environmentId: string },
  show: (secretKey: string | undefined) => void,
): Promise<void> {
  return db.transaction(async (query) => {
    const [key] = await query<{ id: string; sealed: Buffer }>(
      "select id, sealed from api_key where environment_id = $1 and show_due and expires_at is null and revoked_at is null for update",
      [environmentId],
    );
    show(key && vault.open(key.sealed, "api-key"));
    if (key !== undefined) await query("update api_key set show_due = false where id = $1", [key.id]);
  });
}

async function makeEnvironment(
  query: Query,
  project: { ref: string; name: string },
  environment: { slug: "prod" | "dev"; type: "PRODUCTION" | "DEVELOPMENT" },
): Promise<ServedEnvironment> {
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
