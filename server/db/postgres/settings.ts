import { spawnSync } from "node:child_process";

export type Settings = Record<string, string>;

/** Boot refuses to serve unless the running server reports exactly these. */
export const durability: Settings = { fsync: "on", synchronous_commit: "on", full_page_writes: "on" };

/** Passed on the command line at every start, so that an upgrade of Signalbox needs no edit of postgresql.conf. */
export const serverSettings: Settings = {
  ...durability,
  jit: "off", // planning costs 17 to 38 % of short statements otherwise
  // The main environment takes 25 at most, each other one that is busy 8.
  max_connections: "200",
  // Pages count as memory only once touched; idle with the server stays below 300 MB.
  shared_buffers: "256MB",
  max_wal_size: "4GB", // 1.6 kB of WAL per run: 1 GB would checkpoint each minute at 10,000 runs/s
  min_wal_size: "256MB",
  checkpoint_timeout: "15min",
  checkpoint_completion_target: "0.9",
  wal_level: "replica",
  max_wal_senders: "4",
  random_page_cost: "1.1",
  effective_cache_size: "1GB",
  work_mem: "8MB",
  maintenance_work_mem: "128MB",
  autovacuum_naptime: "10s",
  autovacuum_vacuum_cost_delay: "1ms",
  autovacuum_max_workers: "3",
  max_parallel_workers: "2",
  idle_in_transaction_session_timeout: "60s",
  // Keeps values and statements out of the log: they are the users' data.
  log_min_messages: "warning",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_checkpoints: "off",
  log_line_prefix: "%m [%p] ",
  log_timezone: "UTC",
  timezone: "UTC",
  lc_messages: "C",
};

export function asArguments(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** pglz costs more CPU than the WAL it saves; lz4 only where the binary has it. */
export function compression(postgres: string, options: { cwd: string; uid?: number; gid?: number }): Settings {
  const probe = spawnSync(postgres, ["-C", "wal_compression", "-c", "wal_compression=lz4", "-D", "."], { ...options, encoding: "utf8" });
  return probe.status === 0 && probe.stdout.trim() === "lz4" ? { wal_compression: "lz4" } : {};
}
