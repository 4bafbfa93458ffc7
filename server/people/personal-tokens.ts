import { Role, type PersonalTokenRow } from "@/lib/contracts/dashboard";
import { newId } from "@/lib/ids/ids";
import type { Database } from "../db/database";
import { newPersonalToken, personalPrefix, sha256 } from "../db/secret-keys";

interface Owned {
  tokenId: string;
  user: { id: string; name: string; email: string; role: Role };
  /** Epoch ms. */
  expiresAt: number | undefined;
}

const holds = "t.revoked_at is null and (t.expires_at is null or t.expires_at > now())";

/** The person of a token that holds, as they are now. */
export async function findPersonalToken(db: Database, token: string): Promise<Owned | null> {
  const [row] = await db.query<{ token_id: string; expires_at: string | null; id: string; name: string; email: string; role: string }>(
    `select t.id as token_id, t.expires_at, u.id, u.name, u.email, u.role from personal_token t join "user" u on u.id = t.user_id where t.hash = $1 and ${holds}`,
    [sha256(token)],
  );
  if (row === undefined) return null;
  return {
    tokenId: row.token_id,
    user: { id: row.id, name: row.name, email: row.email, role: Role.parse(row.role) },
    expiresAt: row.expires_at === null ? undefined : Date.parse(row.expires_at),
  };
}

export async function personalTokenHolds(db: Database, { tokenId, user }: Owned): Promise<boolean> {
  return (
    (
      await db.query(`select 1 from personal_token t join "user" u on u.id = t.user_id where t.id = $1 and u.role = $2 and ${holds}`, [
        tokenId,
        user.role,
      ])
    ).length > 0
  );
}

interface Stored {
  id: string;
  name: string;
  last4: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  revoked_at: string | null;
}

/** Newest first; those that ended too. */
export async function listPersonalTokens(db: Database, userId: string): Promise<PersonalTokenRow[]> {
  return (
    await db.query<Stored>("select * from personal_token where user_id = $1 order by created_at desc, id desc limit 200", [userId])
  ).map(toRow);
}

/** The token is kept nowhere but in the answer. */
export async function createPersonalToken(
  db: Database,
  input: { userId: string; name: string; expiresAt: Date | null },
): Promise<{ token: string; row: PersonalTokenRow }> {
  const token = newPersonalToken();
  const [row] = await db.query<Stored>(
    "insert into personal_token (id, user_id, name, last4, hash, expires_at) values ($1, $2, $3, $4, $5, $6) returning *",
    [newId("pat"), input.userId, input.name, token.slice(-4), sha256(token), input.expiresAt],
  );
  if (row === undefined) throw new Error("no row came back");
  return { token, row: toRow(row) };
}

/** Null: the person has no such token. */
export async function revokePersonalToken(db: Database, { userId, id }: { userId: string; id: string }): Promise<PersonalTokenRow | null> {
  const [row] = await db.query<Stored>(
    "update personal_token set revoked_at = coalesce(revoked_at, now()) where id = $1 and user_id = $2 returning *",
    [id, userId],
  );
  return row === undefined ? null : toRow(row);
}

function toRow(row: Stored): PersonalTokenRow {
  return {
    id: row.id,
    name: row.name,
    display: `${personalPrefix}…${row.last4}`,
    createdAt: row.created_at,
    ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
  };
}
