import { GitFacts, gitMeta, type GitMeta } from "@/lib/contracts/deployments";
import type { BundleManifest, TaskManifest } from "@/lib/contracts/task";
import { BundleManifest as BundleManifestSchema } from "@/lib/contracts/task";
import { newId } from "@/lib/ids/ids";
import type { Database, Query } from "../../db/database";
import type { Environment } from "../environment";
import { storeLimits } from "../queues/limits";

/** One version of a project's code. `bundle` is a folder below the data directory's builds. */
export interface Deployment {
  id: string;
  /** `YYYYMMDD.n`, n counted per environment and day. */
  version: string;
  contentHash: string;
  bundle: string;
  manifest: BundleManifest;
  /** What callers' builds call it by. */
  externalIds: readonly string[];
  /** Where its code comes from, as `ctx` tells it. */
  git?: GitMeta;
  createdAt: string;
}

export interface NewDeployment {
  contentHash: string;
  bundle: string;
  manifest: BundleManifest;
  externalId?: string;
}

/** A version that came over HTTP, once its build is there. */
export interface ArrivedDeployment {
  id: string;
  contentHash: string;
  bundle: string;
  manifest: BundleManifest;
  lacks: readonly string[];
  log: readonly string[];
  /** Whether new runs start on it. */
  goes: "live" | "beside";
}

/** Deployments of the environment, in memory: every trigger and start looks here. */
export interface Deployments {
  current(): Deployment | null;
  get(version: string): Deployment | null;
  /** The newest version that callers' builds call by this id. */
  byExternalId(id: string): Deployment | null;
  /** Looks in the database too: another node may have made it. */
  find(version: string): Promise<Deployment | null>;
  /** Task of the current deployment. */
  task(id: string): TaskManifest | null;
  onChange(listener: (current: Deployment) => void): () => void;
  /** The current one afterwards: a new one, unless this is what was deployed last, or is current. Under another external id it has both. */
  add(input: NewDeployment): Promise<Deployment>;
  /** Null: what was announced under this id has ended meanwhile. */
  arrive(input: ArrivedDeployment): Promise<Deployment | null>;
  /** Makes a version current that is known; of its queues, limits are as it declares them. */
  promote(version: string, by: string): Promise<Deployment>;
}

interface StoredDeployment {
  id: string;
  version: string;
  content_hash: string;
  bundle: string;
  manifest: string;
  is_current: boolean;
  external_ids: string[];
  /** JSON of GitFacts. */
  git: string | null;
  created_at: string;
  /** Null: the server's own project. */
  created_by: string | null;
}

export async function openDeployments(db: Database, env: Environment): Promise<Deployments> {
  const byVersion = new Map<string, Deployment>();
  const byExternalId = new Map<string, Deployment>();
  const listeners = new Set<(current: Deployment) => void>();
  let current: Deployment | null = null;
  /** Of the server's own project. */
  let newestOwn: Deployment | null = null;
  let tasks = new Map<string, TaskManifest>();

  function remember(row: StoredDeployment): Deployment {
    const deployment: Deployment = {
      id: row.id,
      version: row.version,
      contentHash: row.content_hash,
      bundle: row.bundle,
      manifest: BundleManifestSchema.parse(JSON.parse(row.manifest)),
      externalIds: row.external_ids,
      ...(row.git !== null && { git: gitMeta(GitFacts.parse(JSON.parse(row.git))) }),
      createdAt: row.created_at,
    };
    byVersion.set(deployment.version, deployment);
    for (const id of row.external_ids) if (isNewer(deployment.version, byExternalId.get(id)?.version)) byExternalId.set(id, deployment);
    if (row.created_by === null && (newestOwn === null || newestOwn.createdAt <= deployment.createdAt)) newestOwn = deployment;
    if (row.is_current) setCurrent(deployment);
    return deployment;
  }

  function setCurrent(deployment: Deployment): void {
    current = deployment;
    tasks = new Map(deployment.manifest.tasks.map((task) => [task.id, task]));
  }

  /** The same code, called by one more id. */
  async function named(deployment: Deployment, externalId: string | undefined): Promise<Deployment> {
    if (externalId === undefined || deployment.externalIds.includes(externalId)) return deployment;
    const [row] = await db.query<StoredDeployment>(
      "update deployment set external_ids = array_append(external_ids, $2) where id = $1 and $2 <> all(external_ids) returning *",
      [deployment.id, externalId],
    );
    return row === undefined ? deployment : remember(row);
  }

  /** A version that does not go live brings its new queues, for runs that are pinned to it, and changes none. */
  async function storeQueues(query: Query, manifest: BundleManifest, goes: ArrivedDeployment["goes"] = "live"): Promise<void> {
    for (const queue of queuesOf(manifest)) {
      await query(
        `insert into queue (env_id, name, type, concurrency_limit, total_limit) values ($1, $2, $3, $4, $5)
         on conflict (env_id, name) do ${goes === "beside" ? "nothing" : "update set concurrency_limit = excluded.concurrency_limit, total_limit = excluded.total_limit, type = excluded.type"}`,
        [env.id, queue.name, queue.type, queue.concurrencyLimit, queue.totalLimit],
      );
    }
    await storeLimits(query, env.id, manifest);
  }

  for (const row of await db.query<StoredDeployment>(
    "select * from deployment where env_id = $1 and status = 'DEPLOYED' order by created_at",
    [env.id],
  ))
    remember(row);

  return {
    current: () => current,
    get: (version) => byVersion.get(version) ?? null,
    byExternalId: (id) => byExternalId.get(id) ?? null,
    async find(version) {
      const known = byVersion.get(version);
      if (known !== undefined) return known;
      const [row] = await db.query<StoredDeployment>(
        "select * from deployment where env_id = $1 and version = $2 and status = 'DEPLOYED'",
        [env.id, version],
      );
      // What is current here changes by deploying alone.
      return row === undefined ? null : remember({ ...row, is_current: false });
    },
    task: (id) => tasks.get(id) ?? null,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async add(input) {
      if (current?.contentHash === input.contentHash) return named(current, input.externalId);
      // A server that starts again has nothing new to deploy: an older version that was promoted meanwhile stays.
      if (current !== null && newestOwn?.contentHash === input.contentHash) {
        await named(newestOwn, input.externalId);
        return current;
      }
      const row = await db.transaction(async (query) => {
        const version = await nextVersion(query, env.id);
        await query("update deployment set is_current = false where env_id = $1 and is_current", [env.id]);
        const [stored] = await query<StoredDeployment>(
          `insert into deployment (id, env_id, version, content_hash, bundle, manifest, is_current, external_ids)
           values ($1, $2, $3, $4, $5, $6, true, $7) returning *`,
          [
            newId("deployment"),
            env.id,
            version,
            input.contentHash,
            input.bundle,
            JSON.stringify(input.manifest),
            input.externalId === undefined ? [] : [input.externalId],
          ],
        );
        if (stored === undefined) throw new Error("insert into deployment returned no row");
        await storeQueues(query, input.manifest);
        return stored;
      });
      const deployment = remember(row);
      for (const listener of listeners) listener(deployment);
      return deployment;
    },
    async arrive({ id, contentHash, bundle, manifest, lacks, log, goes }) {
      const row = await db
        .transaction(async (query) => {
          await query("select id from environment where id = $1 for update", [env.id]);
          if (goes === "live") await query("update deployment set is_current = false where env_id = $1 and is_current", [env.id]);
          const [stored] = await query<StoredDeployment>(
            `update deployment set status = 'DEPLOYED', deployed_at = now(), content_hash = $3, bundle = $4, manifest = $5, lacks = $6, log = $7, is_current = $8
            where env_id = $1 and id = $2 and status = 'DEPLOYING' returning *`,
            [env.id, id, contentHash, bundle, JSON.stringify(manifest), lacks, log, goes === "live"],
          );
          // The transaction undoes what it has done to the current one.
          if (stored === undefined) throw new Gone();
          await storeQueues(query, manifest, goes);
          return stored;
        })
        .catch((error: unknown) => {
          if (error instanceof Gone) return null;
          throw error;
        });
      if (row === null) return null;
      const deployment = remember(row);
      if (current !== null) for (const listener of listeners) listener(current);
      return deployment;
    },
    async promote(version, by) {
      const promoted = await db.transaction(async (query) => {
        await query("select id from environment where id = $1 for update", [env.id]);
        await query("update deployment set is_current = false where env_id = $1 and is_current and version <> $2", [env.id, version]);
        const [stored] = await query<StoredDeployment>(
          "update deployment set is_current = true, promoted_at = now(), promoted_by = $3 where env_id = $1 and version = $2 returning *",
          [env.id, version, by],
        );
        if (stored === undefined) throw new Error(`there is no version ${version}`);
        const deployment = remember({ ...stored, is_current: false });
        await storeQueues(query, deployment.manifest);
        return deployment;
      });
      setCurrent(promoted);
      for (const listener of listeners) listener(promoted);
      return promoted;
    },
  };
}

class Gone extends Error {}

/** Versions are counted under the environment's row lock, which this takes, so two deploys never share a number. */
export async function nextVersion(query: Query, envId: string): Promise<string> {
  await query("select id from environment where id = $1 for update", [envId]);
  const day = new Date().toISOString().slice(0, 10).replaceAll("-", "");
  const [last] = await query<{ n: number | null }>(
    "select max(split_part(version, '.', 2)::int) as n from deployment where env_id = $1 and version like $2",
    [envId, `${day}.%`],
  );
  return `${day}.${(last?.n ?? 0) + 1}`;
}

/** Versions are `YYYYMMDD.n`. */
function isNewer(version: string, than: string | undefined): boolean {
  if (than === undefined) return true;
  const [day = "", n] = version.split(".");
  const [otherDay = "", otherN] = than.split(".");
  return day === otherDay ? Number(n) >= Number(otherN) : day > otherDay;
}

interface DeclaredQueue {
  name: string;
  type: "task" | "custom";
  concurrencyLimit: number | null;
  totalLimit: number | null;
}

/** Every queue of a bundle: those declared, and `task/<id>` of each task. */
function queuesOf(manifest: BundleManifest): DeclaredQueue[] {
  const queues = new Map<string, DeclaredQueue>();
  for (const task of manifest.tasks)
    queues.set(task.queue, {
      name: task.queue,
      type: task.queue === `task/${task.id}` ? "task" : "custom",
      concurrencyLimit: null,
      totalLimit: null,
    });
  for (const queue of manifest.queues) {
    queues.set(queue.name, {
      name: queue.name,
      type: queue.name.startsWith("task/") ? "task" : "custom",
      concurrencyLimit: queue.concurrencyLimit,
      totalLimit: queue.totalConcurrencyLimit ?? null,
    });
  }
  return [...queues.values()];
}
