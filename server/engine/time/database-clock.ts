import type { Query } from "../../db/database";

/** The database's time in epoch ms, which decides what is due; between two readings it goes on by this machine's monotonic clock. */
export interface DatabaseClock {
  now(): number;
  read(): Promise<void>;
}

export async function openDatabaseClock(query: Query): Promise<DatabaseClock> {
  let offset = Date.now() - performance.now();
  const clock: DatabaseClock = {
    now: () => performance.now() + offset,
    async read() {
      const asked = performance.now();
      const [row] = await query<{ ms: number }>("select extract(epoch from clock_timestamp())::float8 * 1000 as ms");
      const answered = performance.now();
      if (row === undefined) return;
      const read = row.ms - (asked + answered) / 2;
      // Within what the way may have taken, the former reading is as good, and time goes on evenly.
      if (Math.abs(read - offset) > (answered - asked) / 2) offset = read;
    },
  };
  await clock.read();
  return clock;
}
