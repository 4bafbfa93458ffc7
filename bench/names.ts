/** Subjects, as columns of the report. */
export const names = {
  product: "signalbox",
  /** An older build. */
  base: "signalbox, base",
  /** The product with many finished runs in its database. */
  stored: "signalbox, stored",
  graphileWorker: "graphile-worker",
  pgBoss: "pg-boss",
  bullMqEverySec: "bullmq (AOF everysec)",
  bullMqAlways: "bullmq (AOF always)",
  dbosQueue: "dbos (queue)",
  dbosDirect: "dbos (direct)",
} as const;

/** All that are not peers. */
export const ours: readonly string[] = [names.product, names.base, names.stored];
