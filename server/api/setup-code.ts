import { randomBytes } from "node:crypto";
import { newId } from "@/lib/ids/ids";
import type { Database } from "../db/database";
import { sha256 } from "../db/secret-keys";

/** A new one-time code for the first admin, of which only the hash is kept; older ones end. Null once there is an admin. */
export async function issueSetupCode(db: Database): Promise<string | null> {
  const code = randomBytes(24).toString("base64url");
  const rows = await db.query(`update installation set setup_code_hash = $1 where not exists (select from "user" where role = 'admin') returning id`, [sha256(code)]);
  return rows.length === 0 ? null : code;
}

/** Whether the one-time code that a start has printed can still make the first admin. */
export async function setupIsOpen(db: Database): Promise<boolean> {
  const rows = await db.query(`select from installation where setup_code_hash is not null and not exists (select from "user" where role = 'admin')`);
  return rows.length > 0;
}

/**
 * The first admin, in the transaction that uses up the code: of many who hold it, one gets through.
 * False: the code is wrong or used.
 */
export async function createFirstAdmin(db: Database, input: { code: string; name: string; email: string; passwordHash: string }): Promise<boolean> {
  return db.transaction(async (query) => {
    const opened = await query(
      `update installation set setup_code_hash = null where setup_code_hash = $1 and not exists (select from "user" where role = 'admin') returning id`,
      [sha256(input.code)],
    );
    if (opened.length === 0) return false;
    const userId = newId("user");
    await query(`insert into "user" (id, name, email, email_verified, role) values ($1, $2, $3, true, 'admin')`, [userId, input.name, input.email]);
    await query("insert into account (id, user_id, account_id, provider_id, password) values ($1, $2, $2, 'credential', $3)", [newId("account"), userId, input.passwordHash]);
    return true;
  });
}
