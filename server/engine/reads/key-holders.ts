import { keyFreeingStatuses } from "@/lib/contracts/status";
import type { Database } from "../../db/database";
import { encodeText } from "../../db/text";
import { readOptions } from "../triggering/run-options";

export interface KeyClaim {
  kind: "idempotency" | "debounce";
  task: string;
  key: string;
}
export interface KeyHolder {
  /** Of the key that was asked for. */
  kind?: KeyClaim["kind"];
  id: string;
  task: string;
  tags: string[];
  batchId?: string;
  /** SHA-256 of the public token that made it. */
  publicToken?: string;
}

const columns = "r.id, r.task, r.tags, r.batch_id, d.options";
const heldSql = `
select i.kind, ${columns} from json_to_recordset($2::json) as i(kind text, task text, key text)
  join idempotency_key k on i.kind = 'idempotency' and k.env_id = $1 and k.task = i.task and k.key = i.key and k.expires_at >= now()
  join run r on r.id = k.run_id and r.status <> all($3) join run_data d on d.run_id = r.id
union all
select i.kind, ${columns} from json_to_recordset($2::json) as i(kind text, task text, key text)
  join debounce_key k on i.kind = 'debounce' and k.env_id = $1 and k.task = i.task and k.key = i.key
  join run r on r.id = k.run_id and r.status in ('DELAYED', 'PENDING_VERSION') join run_data d on d.run_id = r.id`;

/** The runs that triggers with these keys would be answered with. */
export async function listKeyHolders(db: Database, envId: string, claims: readonly KeyClaim[]): Promise<KeyHolder[]> {
  return toHolders(
    await db.query(heldSql, [
      envId,
      JSON.stringify(claims.map(({ task, ...claim }) => ({ ...claim, task: encodeText(task) }))),
      keyFreeingStatuses,
    ]),
  );
}

/** The run, as the holder of a key. */
export async function getHolder(db: Database, envId: string, runId: string): Promise<KeyHolder | undefined> {
  const [holder] = toHolders(
    await db.query(`select ${columns} from run r join run_data d on d.run_id = r.id where r.env_id = $1 and r.id = $2`, [envId, runId]),
  );
  return holder;
}

interface StoredHolder {
  kind?: KeyClaim["kind"];
  id: string;
  task: string;
  tags: string[];
  batch_id: string | null;
  options: string;
}
function toHolders(rows: readonly StoredHolder[]): KeyHolder[] {
  return rows.map(({ kind, id, task, tags, batch_id: batchId, options }) => {
    const { publicToken } = readOptions(options);
    return {
      ...(kind !== undefined && { kind }),
      id,
      task,
      tags,
      ...(batchId !== null && { batchId }),
      ...(publicToken !== undefined && { publicToken }),
    };
  });
}
