import type { TokenRow, TokenStatus } from "@/lib/contracts/token";
import type { Database } from "../../db/database";
import { decodeText } from "../../db/text";

export const tokenColumns = `id, status, tags, created_at, timeout_at, completed_at, completed_by, output, output_type, idempotency_key,
  idempotency_expires_at, created_by_run,
  (select coalesce(array_agg(j.run_id), '{}') from run_journal j where j.target = waitpoint.id and j.outcome is null) as waiting_runs`;

export interface StoredToken {
  id: string;
  status: TokenStatus;
  tags: string[];
  created_at: string;
  timeout_at: string | null;
  completed_at: string | null;
  completed_by: string | null;
  output: string | null;
  output_type: string | null;
  idempotency_key: string | null;
  idempotency_expires_at: string | null;
  created_by_run: string | null;
  waiting_runs: string[];
}

export function toTokenRow(token: StoredToken): TokenRow {
  const row: TokenRow = {
    id: token.id,
    status: token.status,
    tags: token.tags,
    createdAt: token.created_at,
    waitingRuns: token.waiting_runs,
  };
  if (token.timeout_at !== null) row.timeoutAt = token.timeout_at;
  if (token.completed_at !== null) row.completedAt = token.completed_at;
  if (token.completed_by !== null) row.completedBy = token.completed_by;
  if (token.output !== null) row.output = decodeText(token.output);
  if (token.output_type !== null) row.outputType = token.output_type;
  if (token.status === "TIMED_OUT") row.outputIsError = true;
  if (token.idempotency_key !== null) row.idempotencyKey = token.idempotency_key;
  if (token.idempotency_expires_at !== null) row.idempotencyKeyExpiresAt = token.idempotency_expires_at;
  if (token.created_by_run !== null) row.createdByRun = token.created_by_run;
  return row;
}

export async function getToken(db: Database, envId: string, id: string): Promise<TokenRow | null> {
  const [token] = await db.query<StoredToken>(`select ${tokenColumns} from waitpoint where id = $1 and env_id = $2`, [id, envId]);
  return token === undefined ? null : toTokenRow(token);
}

export interface TokensQuery {
  status?: readonly TokenStatus[];
  idempotencyKey?: string;
  /** Any of them. */
  tags?: readonly string[];
  from?: string;
  to?: string;
  limit: number;
  /** Ids of the last, or first, token of the neighbouring page. */
  after?: string;
  before?: string;
}

const listSql = (direction: "older" | "newer") => `
select ${tokenColumns} from waitpoint
 where env_id = $1 and ($2::text[] is null or status = any($2)) and ($3::text is null or idempotency_key = $3) and ($4::text[] is null or tags && $4)
   and ($5::timestamptz is null or created_at >= $5) and ($6::timestamptz is null or created_at <= $6)
   and ($7::text is null or (created_at, id) ${direction === "older" ? "<" : ">"} (select created_at, id from waitpoint where id = $7))
 order by created_at ${direction === "older" ? "desc" : "asc"}, id ${direction === "older" ? "desc" : "asc"} limit $8`;
const older = listSql("older");
const newer = listSql("newer");

/** Newest first. */
export async function listTokens(
  db: Database,
  envId: string,
  query: TokensQuery,
): Promise<{ tokens: TokenRow[]; next?: string; previous?: string }> {
  const backward = query.before !== undefined;
  const rows = await db.lists<StoredToken>(backward ? newer : older, [
    envId,
    query.status ?? null,
    query.idempotencyKey ?? null,
    query.tags ?? null,
    query.from ?? null,
    query.to ?? null,
    query.before ?? query.after ?? null,
    query.limit + 1,
  ]);
  const more = rows.length > query.limit;
  const page = rows.slice(0, query.limit).map(toTokenRow);
  if (backward) page.reverse();
  const first = page[0]?.id;
  const last = page.at(-1)?.id;
  return {
    tokens: page,
    ...((backward || more) && last !== undefined && { next: last }),
    ...((backward ? more : query.after !== undefined) && first !== undefined && { previous: first }),
  };
}

/** Waiting tokens by deadline, those without one last: what a person should answer first. */
export async function listWaitingTokens(db: Database, envId: string, limit: number): Promise<TokenRow[]> {
  const rows = await db.lists<StoredToken>(
    `select ${tokenColumns} from waitpoint where env_id = $1 and status = 'WAITING' order by timeout_at asc nulls last, created_at limit $2`,
    [envId, limit],
  );
  return rows.map(toTokenRow);
}
