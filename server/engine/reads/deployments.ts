import type { Database } from "../../db/database";

export interface DeploymentRow {
  id: string;
  version: string;
  externalIds: readonly string[];
  createdAt: string;
}

/** Newest first; `after` is the id of the last one seen. */
export async function listDeployments(db: Database, envId: string, page: { limit: number; after?: string | undefined; from?: string; to?: string }): Promise<{ deployments: DeploymentRow[]; next?: string }> {
  const rows = await db.lists<{ id: string; version: string; external_ids: string[]; created_at: string }>(
    `select id, version, external_ids, created_at from deployment
      where env_id = $1 and ($3::text is null or (created_at, id) < (select created_at, id from deployment where id = $3 and env_id = $1))
        and ($4::timestamptz is null or created_at >= $4) and ($5::timestamptz is null or created_at <= $5)
      order by created_at desc, id desc limit $2`,
    [envId, page.limit + 1, page.after ?? null, page.from ?? null, page.to ?? null],
  );
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    deployments: shown.map((row) => ({ id: row.id, version: row.version, externalIds: row.external_ids, createdAt: row.created_at })),
    ...(rows.length > page.limit && last !== undefined && { next: last.id }),
  };
}
