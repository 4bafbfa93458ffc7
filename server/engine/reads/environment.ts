import type { EnvironmentState } from "@/lib/contracts/realtime";
import type { Engine } from "../engine";

interface StoredState {
  concurrency_limit: number;
  burst_factor: number;
  paused: boolean;
  paused_by: string | null;
  paused_at: string | null;
}

const columns = "concurrency_limit, burst_factor::float8 as burst_factor, paused, paused_by, paused_at";

/** How many of the environment's runs may execute at once, and whether any may start. */
export async function readEnvironmentState(engine: Engine): Promise<EnvironmentState> {
  const [row] = await engine.db.query<StoredState>(`select ${columns} from environment where id = $1`, [engine.env.id]);
  if (row === undefined) throw new Error(`environment ${engine.env.id} is gone`);
  return {
    limit: row.concurrency_limit,
    burst: row.burst_factor,
    paused: row.paused,
    ...(row.paused_by !== null && { pausedBy: row.paused_by }),
    ...(row.paused_at !== null && { pausedAt: row.paused_at }),
  };
}
