import type { SessionRow } from "@/lib/contracts/people";
import type { Database } from "../db/database";

/** Where a person is signed in, newest first. The tokens with which the browsers sign in stay in the table. */
export async function listSessions(db: Database, userId: string, currentId: string): Promise<SessionRow[]> {
  const rows = await db.query<{ id: string; created_at: string; expires_at: string; ip_address: string | null; user_agent: string | null }>(
    "select id, created_at, expires_at, ip_address, user_agent from session where user_id = $1 and expires_at > now() order by created_at desc, id",
    [userId],
  );
  return rows.map((row) => ({
    id: row.id,
    current: row.id === currentId,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.ip_address !== null && row.ip_address !== "" && { address: row.ip_address }),
    ...(row.user_agent !== null && row.user_agent !== "" && { agent: row.user_agent }),
  }));
}

/** False: the person has no such session. */
export async function endSession(db: Database, userId: string, sessionId: string): Promise<boolean> {
  return (await db.query("delete from session where id = $1 and user_id = $2 returning id", [sessionId, userId])).length > 0;
}

/** How many there were. */
export async function endOtherSessions(db: Database, userId: string, currentId: string): Promise<number> {
  return (await db.query("delete from session where user_id = $1 and id <> $2 returning id", [userId, currentId])).length;
}
