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
  const present = new Set((await query<{ relname: string }>("select relname from pg_class where relname = any($1::text[])", [names])).map((row) => row.relname));
  for (const table of partitionedTables) {
    for (const day of wanted) {
      const name = partitionName(table, day);
      if (present.has(name)) continue;
      const next = new Date(day.getTime() + dayMs);
      await query(`create table if not exists ${name} partition of ${table} for values from ('${day.toISOString()}') to ('${next.toISOString()}')`);
    }
  }
}

/** Drops the partitions that hold only rows of days before `before`; returns their names. */
export async function dropPartitions(query: Query, before: Date): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `select child.relname as name from pg_inherits i
       join pg_class child on child.oid = i.inhrelid join pg_class parent on parent.oid = i.inhparent
      where parent.relname = any($1::text[]) order by 1`,
    [partitionedTables],
  );
  const old = rows.map((row) => row.name).filter((name) => endOf(name) <= before.getTime());
  for (const name of old) await query(`drop table if exists ${name}`);
  return old;
}

const partitionName = (table: string, day: Date) => `${table}_${day.toISOString().slice(0, 10).replaceAll("-", "")}`;

function endOf(name: string): number {
  const match = /_(\d{4})(\d{2})(\d{2})$/.exec(name);
  return match === null ? Infinity : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) + dayMs;
}
