import type { EnvironmentCreateBody, EnvironmentRow, EnvironmentType } from "@/lib/contracts/environment";
import { newId } from "@/lib/ids/ids";
import type { Database, Query } from "../../db/database";
import type { Vault } from "../../db/keys";
import { insertRootKey, newSecretKey } from "../../db/secret-keys";
import type { Environment } from "../environment";
import { EngineError } from "../error";
import { readBranch, slugOfBranch } from "./branch-name";

/** An environment as it is stored, whether it is served or not. */
export interface StoredEnvironment {
  id: string;
  slug: string;
  name: string | null;
  type: EnvironmentType;
  is_beside: boolean;
  parent_id: string | null;
  branch: string | null;
  concurrency_limit: number;
  created_at: string;
  created_by: string | null;
  archived_at: string | null;
}

const columns = "id, slug, name, type, is_beside, parent_id, branch, concurrency_limit, created_at, created_by, archived_at";

/** The main environment of the project and those that operators have made beside it, archived ones too, in the order in which they are shown. */
export const listEnvironments = (
  query: Query,
  { mainId, projectId }: { mainId: string; projectId: string },
): Promise<StoredEnvironment[]> =>
  query<StoredEnvironment>(
    `select ${columns} from environment where project_id = $2 and (id = $1 or is_beside)
      order by id <> $1, array_position(array['PRODUCTION', 'STAGING', 'DEVELOPMENT', 'PREVIEW'], type), branch is not null, created_at, id`,
    [mainId, projectId],
  );

export const toEnvironment = (
  row: StoredEnvironment,
  { project, parent }: { project: Environment["project"]; parent: StoredEnvironment | undefined },
): Environment => ({
  id: row.id,
  slug: row.slug,
  type: row.type,
  concurrencyLimit: row.concurrency_limit,
  project,
  ...(row.branch !== null && { branch: row.branch }),
  ...(parent !== undefined && { parent: { id: parent.id, slug: parent.slug } }),
});

export function toEnvironmentRow(
  row: StoredEnvironment,
  { rows, mainId }: { rows: readonly StoredEnvironment[]; mainId: string },
): EnvironmentRow {
  const parent = rows.find(({ id }) => id === row.parent_id);
  return {
    id: row.id,
    slug: row.slug,
    name: row.name ?? row.branch ?? row.slug,
    type: row.type,
    isMain: row.id === mainId,
    ...(row.branch !== null && { branch: row.branch }),
    ...(parent !== undefined && { parent: parent.slug }),
    createdAt: row.created_at,
    ...(row.created_by !== null && { createdBy: row.created_by }),
    // Archived where it stood beside another one, it is served as the main one all the same.
    ...(row.archived_at !== null && row.id !== mainId && { archivedAt: row.archived_at }),
  };
}

/** Environments that the modes of the server make by themselves. */
const typesOfModes: Readonly<Record<string, EnvironmentType>> = { prod: "PRODUCTION", dev: "DEVELOPMENT" };

interface Maker {
  vault: Vault;
  projectId: string;
  by: string;
}

/**
 * Makes an environment with its first key, which is answered this once. Where `signalbox dev` or `start` has made one of this slug
 * and type before, that one is served from now on, with its keys. Errors: EngineError 409.
 */
export function createEnvironment(
  db: Database,
  body: EnvironmentCreateBody,
  { vault, projectId, by }: Maker,
): Promise<{ row: StoredEnvironment; secretKey: string | undefined }> {
  const modes = typesOfModes[body.slug];
  if (modes !== undefined && modes !== body.type)
    throw new EngineError(
      400,
      `slug: "${body.slug}" is the ${modes.toLowerCase()} environment of \`signalbox ${body.slug === "dev" ? "dev" : "start"}\`. Choose another slug.`,
      { param: "slug" },
    );
  return db.transaction(async (query) => {
    // Of two that make the same one, the second finds it.
    await query("select id from project where id = $1 for no key update", [projectId]);
    const [held] = await query<StoredEnvironment>(`select ${columns} from environment where project_id = $1 and slug = $2`, [
      projectId,
      body.slug,
    ]);
    if (held !== undefined && (held.is_beside || held.type !== body.type)) throw taken(held);
    if (body.type === "PREVIEW" && held === undefined) {
      const [other] = await query<StoredEnvironment>(
        `select ${columns} from environment where project_id = $1 and type = 'PREVIEW' and parent_id is null`,
        [projectId],
      );
      if (other !== undefined)
        throw new EngineError(409, `type: the preview environment of this project is "${other.slug}". Make a branch in it.`, {
          param: "type",
        });
    }
    const [row] = await query<StoredEnvironment>(
      `insert into environment (id, project_id, slug, type, name, created_by, is_beside) values ($1, $2, $3, $4, $5, $6, true)
         on conflict (project_id, slug) do update set is_beside = true, name = excluded.name, created_by = excluded.created_by returning ${columns}`,
      [newId("env"), projectId, body.slug, body.type, body.name ?? null, by],
    );
    if (row === undefined) throw new Error("the environment row was not returned");
    const [key] = await query("select id from api_key where environment_id = $1 limit 1", [row.id]);
    if (key !== undefined) return { row, secretKey: undefined };
    const secretKey = newSecretKey(row.type, "root");
    await insertRootKey(query, row.id, { key: secretKey, showDue: false, vault });
    return { row, secretKey };
  });
}

function taken({ slug, type, archived_at }: StoredEnvironment): EngineError {
  const state = archived_at === null ? "there is" : "there is, archived,";
  return new EngineError(
    409,
    `slug: ${state} an environment "${slug}" (${type.toLowerCase()}) already. Choose another slug${archived_at === null ? "" : ", or restore it"}.`,
    { param: "slug" },
  );
}

/** The environment of a branch: made, or brought back, or as it is. `isNew`: it was not served before. Errors: EngineError 400. */
export function openBranch(
  db: Database,
  given: string,
  { parent, by }: { parent: StoredEnvironment; by: string },
): Promise<{ row: StoredEnvironment; isNew: boolean }> {
  const branch = readBranch(given);
  return db.transaction(async (query) => {
    // As those that make another environment: of slugs that are the same one is first.
    await query("select id from project where id = (select project_id from environment where id = $1) for no key update", [parent.id]);
    const [held] = await query<StoredEnvironment>(`select ${columns} from environment where parent_id = $1 and branch = $2`, [
      parent.id,
      branch,
    ]);
    if (held?.archived_at === null) return { row: held, isNew: false };
    const plain = slugOfBranch(parent.slug, branch, "free");
    const taken = await query(
      "select 1 from environment e join environment parent on parent.project_id = e.project_id where parent.id = $1 and e.slug = $2",
      [parent.id, plain],
    );
    const slug = taken.length === 0 ? plain : slugOfBranch(parent.slug, branch, "taken");
    const [row] = await query<StoredEnvironment>(
      `insert into environment (id, project_id, slug, type, parent_id, branch, created_by, is_beside)
       select $1, project_id, $3, type, id, $4, $5, true from environment where id = $2
       on conflict (parent_id, branch) do update set archived_at = null returning ${columns}`,
      [newId("env"), parent.id, slug, branch, by],
    );
    if (row === undefined) throw new Error("the branch's row was not returned");
    return { row, isNew: true };
  });
}

export async function renameEnvironment(query: Query, id: string, name: string): Promise<void> {
  await query("update environment set name = $2 where id = $1", [id, name]);
}

/** With its branches. What they hold is kept; what ran in them is handed back, and goes on when they are restored. */
export async function archiveEnvironment(query: Query, id: string): Promise<void> {
  await query("update environment set archived_at = now() where (id = $1 or parent_id = $1) and archived_at is null and is_beside", [id]);
}

/** Without its branches. Errors: EngineError 409. */
export async function restoreEnvironment(query: Query, id: string): Promise<void> {
  const rows = await query(
    `update environment set archived_at = null where id = $1 and not exists (select from environment parent where parent.id = environment.parent_id and parent.archived_at is not null) returning id`,
    [id],
  );
  if (rows.length === 0) throw new EngineError(409, "Restore the preview environment of this branch first.");
}

/** The branch of a preview environment that a client names, if it is there. */
export function findBranch(rows: readonly StoredEnvironment[], parent: StoredEnvironment, given: string): StoredEnvironment | undefined {
  const branch = readBranch(given);
  return rows.find((row) => row.parent_id === parent.id && row.branch === branch && row.archived_at === null);
}

const mostNamed = 10;

/** Which branches there are, as a sentence. */
export function branchesOf(rows: readonly StoredEnvironment[], parent: StoredEnvironment): string {
  const names = rows
    .flatMap(({ parent_id, branch, archived_at }) => (parent_id === parent.id && branch !== null && archived_at === null ? [branch] : []))
    .toSorted();
  if (names.length === 0) return "It has no branches yet.";
  const more = names.length - mostNamed;
  return `Its branches: ${names.slice(0, mostNamed).join(", ")}${more > 0 ? ` and ${more} more` : ""}.`;
}
