import { randomBytes } from "node:crypto";
import type { Role } from "@/lib/contracts/dashboard";
import type { InvitationRow, LinkMeaning } from "@/lib/contracts/people";
import { newId } from "@/lib/ids/ids";
import type { Database, Query } from "../db/database";
import { sha256 } from "../db/secret-keys";

/** Who makes a link; without `id`: the server's command line. */
export interface Maker {
  id?: string;
  name: string;
}
export interface NewLink {
  id: string;
  /** In no log and no table: shown once. */
  code: string;
  expiresAt: string;
}

const lives = { join: "7 days", reset: "1 day" } as const;

/** Null: somebody with this address is here already. */
export function invite(db: Database, input: { email: string; role: Role; by: Maker }): Promise<NewLink | null> {
  return db.transaction(async (query) => {
    const present = await query(`select from "user" where email = $1`, [input.email]);
    return present.length > 0
      ? null
      : insertLink(query, { kind: "join", email: input.email, role: input.role, userId: null, by: input.by });
  });
}

/** Null: nobody has this address. */
export function offerReset(db: Database, input: { email: string; by: Maker }): Promise<NewLink | null> {
  return db.transaction(async (query) => {
    const [person] = await query<{ id: string }>(`select id from "user" where email = $1`, [input.email]);
    return person === undefined
      ? null
      : insertLink(query, { kind: "reset", email: input.email, role: null, userId: person.id, by: input.by });
  });
}

async function insertLink(
  query: Query,
  link: { kind: "join" | "reset"; email: string; role: Role | null; userId: string | null; by: Maker },
): Promise<NewLink> {
  const code = randomBytes(24).toString("base64url");
  const [row] = await query<{ id: string; expires_at: string }>(
    `insert into person_link (id, kind, hash, email, role, user_id, created_by_id, created_by, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9::interval)
       on conflict (email, kind) do update set id = excluded.id, hash = excluded.hash, role = excluded.role, user_id = excluded.user_id,
         created_by_id = excluded.created_by_id, created_by = excluded.created_by, created_at = now(), expires_at = excluded.expires_at
     returning id, expires_at`,
    [newId("link"), link.kind, sha256(code), link.email, link.role, link.userId, link.by.id ?? null, link.by.name, lives[link.kind]],
  );
  if (row === undefined) throw new Error("the link's row was not returned");
  return { id: row.id, code, expiresAt: row.expires_at };
}

/** What a link is for; null: there is no such link, it was used, withdrawn or has expired. */
export async function readLink(db: Database, code: string): Promise<LinkMeaning | null> {
  const [row] = await db.query<{ kind: "join" | "reset"; email: string; role: Role | null; created_by: string }>(
    "select kind, email, role, created_by from person_link where hash = $1 and expires_at > now()",
    [sha256(code)],
  );
  if (row === undefined) return null;
  return { kind: row.kind, email: row.email, createdBy: row.created_by, ...(row.role !== null && { role: row.role }) };
}

export async function listInvitations(db: Database): Promise<InvitationRow[]> {
  return db.query<InvitationRow>(
    `select id, email, role, created_by as "createdBy", created_at as "createdAt", expires_at as "expiresAt" from person_link
      where kind = 'join' and expires_at > now() order by created_at desc, id`,
  );
}

/** The address that was invited; null: there is no such invitation any more. */
export async function withdrawInvitation(db: Database, id: string): Promise<string | null> {
  const [row] = await db.query<{ email: string }>("delete from person_link where id = $1 and kind = 'join' returning email", [id]);
  return row?.email ?? null;
}

/** Uses the link up and makes its person, in one transaction: of many who hold it, one gets through. Null: it is no longer good. */
export function join(db: Database, input: { code: string; name: string; passwordHash: string }): Promise<{ email: string } | null> {
  return db.transaction(async (query) => {
    const [link] = await query<{ email: string; role: Role }>(
      "delete from person_link where hash = $1 and kind = 'join' and expires_at > now() returning email, role",
      [sha256(input.code)],
    );
    if (link === undefined) return null;
    return (await insertPerson(query, { ...link, ...input })) ? { email: link.email } : null;
  });
}

/** Uses the link up, sets the password and ends every session of the person. Null: it is no longer good. */
export function resetPassword(db: Database, input: { code: string; passwordHash: string }): Promise<{ email: string } | null> {
  return db.transaction(async (query) => {
    const [link] = await query<{ email: string; user_id: string }>(
      "delete from person_link where hash = $1 and kind = 'reset' and expires_at > now() returning email, user_id",
      [sha256(input.code)],
    );
    if (link === undefined) return null;
    await query("update account set password = $2, updated_at = now() where user_id = $1 and provider_id = 'credential'", [
      link.user_id,
      input.passwordHash,
    ]);
    await query("delete from session where user_id = $1", [link.user_id]);
    return { email: link.email };
  });
}

/** A person with a password. False: the address is taken. */
export async function insertPerson(
  query: Query,
  input: { name: string; email: string; role: Role; passwordHash: string },
): Promise<boolean> {
  const userId = newId("user");
  const made = await query(
    `insert into "user" (id, name, email, email_verified, role) values ($1, $2, $3, true, $4) on conflict (email) do nothing returning id`,
    [userId, input.name, input.email, input.role],
  );
  if (made.length === 0) return false;
  await query("insert into account (id, user_id, account_id, provider_id, password) values ($1, $2, $2, 'credential', $3)", [
    newId("account"),
    userId,
    input.passwordHash,
  ]);
  return true;
}
