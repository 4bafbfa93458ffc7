import type { DeploymentStatus, GitFacts } from "@/lib/contracts/deployments";
import { BundleManifest } from "@/lib/contracts/task";
import type { Database } from "../../db/database";

export interface DeploymentRow {
  id: string;
  version: string;
  /** Null until it is deployed. */
  contentHash: string | null;
  bundle: string | null;
  status: DeploymentStatus;
  deployedAt: string | null;
  /** By whom it was sent; null: it is the server's own project. */
  createdBy: string | null;
  git: GitFacts | null;
  /** Why it failed, in a line. */
  error: string | null;
  log: readonly string[];
  lacks: readonly string[];
  externalIds: readonly string[];
  createdAt: string;
  isCurrent: boolean;
  /** When and by whom it was last made current by hand. */
  promotedAt: string | null;
  promotedBy: string | null;
}

const columns = `id, version, content_hash as "contentHash", bundle, status, deployed_at as "deployedAt", created_by as "createdBy", git::json, error, log, lacks, external_ids as "externalIds", created_at as "createdAt", is_current as "isCurrent", promoted_at as "promotedAt", promoted_by as "promotedBy"`;

/** Newest first; `after` is the id of the last one seen. */
export async function listDeployments(
  db: Database,
  envId: string,
  page: { limit: number; after?: string | undefined; from?: string; to?: string; status?: DeploymentStatus },
): Promise<{ deployments: DeploymentRow[]; next?: string }> {
  const rows = await db.lists<DeploymentRow>(
    `select ${columns} from deployment
      where env_id = $1 and ($3::text is null or (created_at, id) < (select created_at, id from deployment where id = $3 and env_id = $1))
        and ($4::timestamptz is null or created_at >= $4) and ($5::timestamptz is null or created_at <= $5) and ($6::text is null or status = $6)
      order by created_at desc, id desc limit $2`,
    [envId, page.limit + 1, page.after ?? null, page.from ?? null, page.to ?? null, page.status ?? null],
  );
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return { deployments: shown, ...(rows.length > page.limit && last !== undefined && { next: last.id }) };
}

/** The newest one that was deployed, or that with an id or a version. */
export async function findDeployment(db: Database, envId: string, name?: string): Promise<DeploymentRow | null> {
  const [row] = await db.lists<DeploymentRow>(
    `select ${columns} from deployment where env_id = $1 and (case when $2::text is null then status = 'DEPLOYED' else $2 in (id, version) end) order by created_at desc, id desc limit 1`,
    [envId, name ?? null],
  );
  return row ?? null;
}

/** What versions hold, by id, and what the one before each held. */
export async function readManifests(
  db: Database,
  envId: string,
  ids: readonly string[],
): Promise<Map<string, { manifest: BundleManifest; former: BundleManifest | null }>> {
  const rows = await db.lists<{ id: string; manifest: string; former: string | null }>(
    `select id, manifest,
            (select before.manifest from deployment before
              where before.env_id = $1 and before.status = 'DEPLOYED' and (before.created_at, before.id) < (deployment.created_at, deployment.id) order by before.created_at desc, before.id desc limit 1) as former
       from deployment where env_id = $1 and id = any($2) and status = 'DEPLOYED'`,
    [envId, ids],
  );
  const read = (text: string) => BundleManifest.parse(JSON.parse(text));
  return new Map(rows.map((row) => [row.id, { manifest: read(row.manifest), former: row.former === null ? null : read(row.former) }]));
}

/** Runs that have started and not ended, by version: those with a slot, those that wait, and those that wait for a retry. */
export async function countRunsByVersion(db: Database, envId: string): Promise<Record<string, number>> {
  const rows = await db.lists<{ version: string; runs: number }>(
    `select deployment as version, count(*) as runs from run
      where deployment is not null
        and id = any(array(select run_id from run_slot where env_id = $1 union select id from run where env_id = $1 and notable in ('WAITING', 'QUEUED')))
      group by deployment order by deployment`,
    [envId],
  );
  return Object.fromEntries(rows.map(({ version, runs }) => [version, runs]));
}
