import type { Query } from "./database";

export const partitionedTables = ["run_event", "run_trace"] as const;
const daysBack = 1;
const daysAhead = 3;
const dayMs = 86_400_000;

/** Daily partitions from yesterday to three days ahead, in UTC. Cheap when they exist; several nodes may call it at once. */
export async function ensurePartitions(query: Query, now: Date): Promise<void> {
  const today = Math.floor(now.getTime() / dayMs);
  const wanted = Array.from({ length: daysBack + daysAhead + 1 }, (_, i) => new Date((today - daysBack + i) * dayMs));
  const names = partitionedTables.flatMap((table) => wanted.map((day) => partitionName(table, day)));
  const present = new Set(
    (await query<{ relname: string }>("select relname from pg_class where relname = any($1::text[])", [names])).map((row) => row.relname),
  );
  for (const table of partitionedTables) {
    for (const day of wanted) {
      const name = partitionName(table, day);
      if (!present.has(name)) await query(creation({ table, name, day }));
    }
  }
}

/**
 * Made first and attached then: `create … partition of` would lock out every reader and writer of the parent, and wait for the
 * slowest of them. The lock is for nodes that do this at once: `if not exists` alone fails for one of them.
 */
function creation({ table, name, day }: { table: string; name: string; day: Date }): string {
  const next = new Date(day.getTime() + dayMs);
  return `do $$ begin
    perform pg_advisory_xact_lock(72707370);
    if to_regclass('${name}') is null then
      create table ${name} (like ${table} including all);
      alter table ${table} attach partition ${name} for values from ('${day.toISOString()}') to ('${next.toISOString()}');
    end if;
  end $$`;
}

/** Drops the partitions that hold only rows of days before `before`; returns their names. One that is in use is left for the next time. */
export async function dropPartitions(query: Query, before: Date): Promise<string[]> {
  const rows = await query<{ name: string; parent: string }>(
    `select child.relname as name, parent.relname as parent from pg_inherits i
       join pg_class child on child.oid = i.inhrelid join pg_class parent on parent.oid = i.inhparent
      where parent.relname = any($1::text[]) order by 1`,
    [partitionedTables],
  );
  const dropped: string[] = [];
  const inUse = new Set<string>();
  for (const { name, parent } of rows) {
    if (endOf(name) > before.getTime() || inUse.has(parent)) continue;
    if (await drop(query, name)) dropped.push(name);
    else inUse.add(parent);
  }
  return dropped;
}

/** Dropping locks the parent; while it waits for that lock everybody else waits behind it, so it waits briefly. */
async function drop(query: Query, name: string): Promise<boolean> {
  try {
    await query(`do $$ begin perform set_config('lock_timeout', '500ms', true); drop table if exists ${name}; end $$`);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "55P03") return false;
    throw error;
  }
}

const partitionName = (table: string, day: Date) => `${table}_${day.toISOString().slice(0, 10).replaceAll("-", "")}`;

function endOf(name: string): number {
  const match = /_(\d{4})(\d{2})(\d{2})$/.exec(name);
  return match === null ? Infinity : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) + dayMs;
}
