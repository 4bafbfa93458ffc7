import { randomBytes } from "node:crypto";
import type { Database } from "../db/database";
import { sha256 } from "../db/secret-keys";
import { insertPerson } from "../people/links";

/** A new one-time code for the first admin, of which only the hash is kept; older ones end. Null once there is an admin. */
export async function issueSetupCode(db: Database): Promise<string | null> {
  const code = randomBytes(24).toString("base64url");
  const rows = await db.query(
    `update installation set setup_code_hash = $1 where not exists (select from "user" where role = 'admin') returning id`,
    [sha256(code)],
  );
  return rows.length === 0 ? null : code;
}

/** Whether the one-time code that a start has printed can still make the first admin. */
export async function setupIsOpen(db: Database): Promise<boolean> {
  const rows = await db.query(
    `select from installation where setup_code_hash is not null and not exists (select from "user" where role = 'admin')`,
  );
  return rows.length > 0;
}

const mayOpen = `setup_code_hash = $1 and not exists (select from "user" where role = 'admin')`;

/** Whether the code would make the first admin now. */
export async function isSetupCode(db: Database, code: string): Promise<boolean> {
  return (await db.query(`select from installation where ${mayOpen}`, [sha256(code)])).length > 0;
}

/** The first admin, in the transaction that uses up the code: of many who hold it, one gets through. */
export async function createFirstAdmin(
  db: Database,
  input: { code: string; name: string; email: string; passwordHash: string },
): Promise<"made" | "refused" | "address taken"> {
  const taken = new Error("address taken");
  try {
    return await db.transaction(async (query) => {
      const opened = await query(`update installation set setup_code_hash = null where ${mayOpen} returning id`, [sha256(input.code)]);
      if (opened.length === 0) return "refused";
      // Thrown, so that the code is still good.
      if (!(await insertPerson(query, { ...input, role: "admin" }))) throw taken;
      return "made";
    });
  } catch (error) {
    if (error === taken) return "address taken";
    throw error;
  }
}
