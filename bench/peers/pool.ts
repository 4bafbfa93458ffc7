import { Pool } from "pg";

/**
 * A pool whose connections may lose their server at any time: what is in flight rejects, and the rest is nobody's error.
 * `end` resolves while connections are still closing, so the stop of a store reaches some of them.
 */
export function openPool(connectionString: string): Pool {
  const pool = new Pool({ connectionString, max: 16 });
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}
