import type { Query } from "../../db/database";
import type { Purpose, Vault } from "../../db/keys";
import type { Logger } from "../../log";

export interface Variable {
  name: string;
  /** Null: it cannot be opened, as it was changed in the database. */
  value: string | null;
  isSecret: boolean;
  updatedAt: string;
  updatedBy: string;
}

/** Sealed for its place: what is moved to another name or environment does not open there. */
export const purposeOf = (environmentId: string, name: string): Purpose => `variable ${environmentId} ${name}`;

/** Variables of an environment by name; with `name` that one. */
export async function readVariables(
  query: Query,
  { vault, environmentId, name }: { vault: Vault; environmentId: string; name?: string },
): Promise<Variable[]> {
  const rows = await query<Omit<Variable, "value"> & { sealed: Buffer }>(
    `select name, sealed, is_secret as "isSecret", updated_at as "updatedAt", updated_by as "updatedBy"
       from environment_variable where environment_id = $1 and ($2::text is null or name = $2) order by name collate "C"`,
    [environmentId, name ?? null],
  );
  return rows.map(({ sealed, ...row }) => ({ ...row, value: open(vault, sealed, purposeOf(environmentId, row.name)) }));
}

function open(vault: Vault, sealed: Buffer, purpose: Purpose): string | null {
  try {
    return vault.open(sealed, purpose);
  } catch {
    return null;
  }
}

/** What processes get of them. One that cannot be opened is left out, aloud: tasks that need it fail by its absence, not by garbage. */
export function valuesOf(variables: readonly Variable[], log: Logger): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { name, value } of variables) {
    if (value === null)
      log.error("a stored variable cannot be read, and tasks start without it; set it again or delete it", { variable: name });
    else values[name] = value;
  }
  return values;
}
