import type { AuditPage, AuditRow } from "@/lib/contracts/audit";
import { placeAt } from "@/lib/runs/list-place";
import type { Database } from "../../db/database";
import { readPlace } from "./place";

const pageSize = 100;
/** Entries that a filter looks at for one page: few acts are looked for among many. */
const searched = 20_000;

interface Wanted {
  area?: string | undefined;
  /** Part of a name, whatever its case. */
  actor?: string | undefined;
  cursor?: string | undefined;
}

const sql = `
select id, at, actor, action, target, detail
  from (
    select * from audit_entry
     where environment_id = $1 and ($2::timestamptz is null or (at, id) < ($2, $3))
     order by at desc, id desc limit ${searched}
  ) newest
 where ($4::text is null or split_part(action, '.', 1) = $4) and ($5::text is null or strpos(lower(actor), lower($5)) > 0)
 order by at desc, id desc limit ${pageSize + 1}`;

/** Who did what, newest first. */
export async function listAudit(db: Database, envId: string, { area, actor, cursor }: Wanted): Promise<AuditPage> {
  const place = cursor === undefined ? null : readPlace(cursor);
  const rows = await db.lists<Omit<AuditRow, "detail"> & { detail: string | null }>(sql, [
    envId,
    place?.createdAt ?? null,
    place?.id ?? null,
    area ?? null,
    actor ?? null,
  ]);
  const entries = rows.slice(0, pageSize).map(({ detail, ...row }): AuditRow => ({ ...row, ...(detail !== null && { detail }) }));
  const last = entries.at(-1);
  return { entries, ...(rows.length > pageSize && last !== undefined && { next: placeAt("<", { createdAt: last.at, id: last.id }) }) };
}
