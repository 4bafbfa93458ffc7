import type { Role } from "@/lib/contracts/dashboard";
import type { PersonRow } from "@/lib/contracts/people";
import type { Database, Query } from "../db/database";

export interface Person {
  id: string;
  email: string;
  role: Role;
}
/** `last admin`: nobody could administer the server afterwards. */
export type PersonChange = { outcome: "done"; person: Person } | { outcome: "unknown" | "last admin" };

export async function listPeople(db: Database): Promise<PersonRow[]> {
  const rows = await db.query<Omit<PersonRow, "lastSignInAt"> & { lastSignInAt: string | null }>(
    `select id, name, email, role, created_at as "createdAt", (select max(session.created_at) from session where user_id = "user".id) as "lastSignInAt"
       from "user" order by name, id`,
  );
  return rows.map(({ lastSignInAt, ...row }) => ({ ...row, ...(lastSignInAt !== null && { lastSignInAt }) }));
}

export async function findPerson(db: Database, by: { id: string } | { email: string }): Promise<Person | null> {
  const column = "id" in by ? "id" : "email";
  const [row] = await db.query<Person>(`select id, email, role from "user" where ${column} = $1`, ["id" in by ? by.id : by.email]);
  return row ?? null;
}

export function setRole(db: Database, id: string, role: Role): Promise<PersonChange> {
  return changePerson(db, id, async (query, person) => {
    if (role !== "admin" && (await isLastAdmin(query, person))) return "last admin";
    await query(`update "user" set role = $2, updated_at = now() where id = $1`, [id, role]);
    // What an admin has offered ends with the role: else a link made in time would bring it back.
    if (role !== "admin") await query("delete from person_link where created_by_id = $1", [id]);
    return "done";
  });
}

/** With the person go sessions, password and links. What was done is still told by name in the audit. */
export function removePerson(db: Database, id: string): Promise<PersonChange> {
  return changePerson(db, id, async (query, person) => {
    if (await isLastAdmin(query, person)) return "last admin";
    await query(`delete from "user" where id = $1`, [id]);
    return "done";
  });
}

function changePerson(
  db: Database,
  id: string,
  change: (query: Query, person: Person) => Promise<"done" | "last admin">,
): Promise<PersonChange> {
  return db.transaction(async (query) => {
    // All admins, in one order: of two who take the role from each other at once, the second finds itself the last.
    await query(`select from "user" where role = 'admin' or id = $1 order by id for update`, [id]);
    const [person] = await query<Person>(`select id, email, role from "user" where id = $1`, [id]);
    if (person === undefined) return { outcome: "unknown" };
    const outcome = await change(query, person);
    return outcome === "done" ? { outcome, person } : { outcome };
  });
}

async function isLastAdmin(query: Query, person: Person): Promise<boolean> {
  if (person.role !== "admin") return false;
  const others = await query(`select from "user" where role = 'admin' and id <> $1`, [person.id]);
  return others.length === 0;
}
