import type { BulkDetail, BulkItem, BulkItems, BulkPage, BulkPreview, BulkRow } from "@/lib/contracts/bulk";
import { limits } from "@/lib/contracts/limits";
import { placeAt } from "@/lib/runs/list-place";
import type { Database } from "../../db/database";
import { decodeText } from "../../db/text";
import { readPlace } from "./place";
import { runConditions, type RunConditions } from "./run-conditions";

interface StoredBulk extends Pick<BulkRow, "id" | "action" | "status" | "total" | "done" | "skipped" | "failed"> {
  name: string | null;
  filter: string | null;
  created_by: string;
  created_at: string;
  completed_at: string | null;
}
const columns = "id, action, status, name, filter, created_by, created_at, completed_at, total, done, skipped, failed";

function toBulkRow({ name, filter, created_by: createdBy, created_at: createdAt, completed_at: completedAt, ...row }: StoredBulk): BulkRow {
  return {
    ...row,
    createdBy,
    createdAt,
    ...(name !== null && { name: decodeText(name) }),
    ...(filter !== null && { filter: Object(JSON.parse(decodeText(filter))) }),
    ...(completedAt !== null && { completedAt }),
  };
}

const firstSql = `select ${columns} from bulk_action where env_id = $1 order by created_at desc, id desc limit $2`;
const olderSql = `select ${columns} from bulk_action where env_id = $1 and (created_at, id) < ($3, $4) order by created_at desc, id desc limit $2`;
const newerSql = `select ${columns} from bulk_action where env_id = $1 and (created_at, id) > ($3, $4) order by created_at, id limit $2`;

/** Newest first, as lists of runs are paged. */
export async function listBulk(
  db: Database,
  envId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<BulkPage & { previous?: string }> {
  const place = cursor === undefined ? null : readPlace(cursor);
  const backward = place?.direction === ">";
  const found =
    place === null
      ? await db.lists<StoredBulk>(firstSql, [envId, limit + 1])
      : await db.lists<StoredBulk>(backward ? newerSql : olderSql, [envId, limit + 1, place.createdAt, place.id]);
  const more = found.length > limit;
  const actions = found.slice(0, limit).map(toBulkRow);
  if (backward) actions.reverse();
  const [first] = actions;
  const last = actions.at(-1);
  return {
    actions,
    ...((backward || more) && last !== undefined && { next: placeAt("<", last) }),
    ...((backward ? more : place !== null) && first !== undefined && { previous: placeAt(">", first) }),
  };
}

export async function getBulk(db: Database, envId: string, id: string): Promise<BulkRow | null> {
  const [row] = await db.lists<StoredBulk>(`select ${columns} from bulk_action where env_id = $1 and id = $2`, [envId, id]);
  return row === undefined ? null : toBulkRow(row);
}

/** Different reasons that are told. */
const mostReasons = 20;

export async function getBulkDetail(db: Database, envId: string, id: string): Promise<BulkDetail | null> {
  const action = await getBulk(db, envId, id);
  if (action === null) return null;
  const reasons = await db.lists<BulkDetail["reasons"][number]>(
    `select outcome, reason, count(*)::int as count from bulk_item where bulk_id = $1 and reason is not null group by outcome, reason order by count(*) desc, reason limit ${mostReasons}`,
    [id],
  );
  return { action, reasons: reasons.map((one) => ({ ...one, reason: decodeText(one.reason) })) };
}

const itemPage = 100;

/** In the order in which they are worked on. */
export async function listBulkItems(
  db: Database,
  id: string,
  { after, outcome }: { after?: number | undefined; outcome?: BulkItem["outcome"] },
): Promise<BulkItems> {
  const rows = await db.lists<{
    seq: number;
    run_id: string;
    outcome: NonNullable<BulkItem["outcome"]> | null;
    reason: string | null;
    made: string | null;
  }>(
    `select seq, run_id, outcome, reason, case when outcome = 'done' then made end as made from bulk_item
      where bulk_id = $1 and seq > $2 and ($3::text is null or outcome = $3) order by seq limit ${itemPage + 1}`,
    [id, after ?? -1, outcome ?? null],
  );
  const items = rows.slice(0, itemPage).map((row): BulkItem => ({
    seq: row.seq,
    runId: row.run_id,
    ...(row.outcome !== null && { outcome: row.outcome }),
    ...(row.reason !== null && { reason: decodeText(row.reason) }),
    ...(row.made !== null && { made: row.made }),
  }));
  const last = items.at(-1);
  return { items, ...(rows.length > itemPage && last !== undefined && { next: last.seq }) };
}

/** How many runs an action on all that match would be about. */
export async function previewBulk(db: Database, envId: string, conditions: RunConditions): Promise<Omit<BulkPreview, "to">> {
  const { from, where, params } = await runConditions(db, envId, conditions);
  const [row] = await db.lists<{ live: number; finished: number }>(
    `select count(*) filter (where finished_at is null)::int as live, count(*) filter (where finished_at is not null)::int as finished
       from (select run.finished_at from ${from} where ${where.join(" and ")} limit $${params.length + 1}) run`,
    [...params, limits.bulkRuns + 1],
  );
  const { live = 0, finished = 0 } = row ?? {};
  return { live, finished, tooMany: live + finished > limits.bulkRuns };
}
