import type { Pool } from "pg";
import { names } from "../names";
import { importPeer, type Peer } from "./peer";
import { openPool } from "./pool";

interface GraphileWorker {
  makeWorkerUtils(options: { pgPool: Pool }): Promise<{
    migrate(): Promise<void>;
    addJob(task: string, payload: unknown): Promise<unknown>;
    addJobs(jobs: { identifier: string; payload: unknown }[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
  run(options: {
    preset: unknown;
    taskList: Record<string, (payload: { id: string }) => Promise<void>>;
    pgPool: Pool;
  }): Promise<{ stop(): Promise<void> }>;
  Logger: new (factory: () => () => void) => unknown;
}

export const graphileWorker: Peer = {
  name: names.graphileWorker,
  package: "graphile-worker",
  settings: "24 jobs at once; latency without local queue, drain with localQueue 500 and completeJobBatchDelay 0",
  store: "postgres",
  openProducer: async (connectionString) => {
    const { makeWorkerUtils } = await importPeer<GraphileWorker>("graphile-worker");
    const pgPool = openPool(connectionString);
    const utils = await makeWorkerUtils({ pgPool });
    await utils.migrate();
    return {
      add: async (id) => void (await utils.addJob("noop", { id })),
      addMany: async (ids) => void (await utils.addJobs(ids.map((id) => ({ identifier: "noop", payload: { id } })))),
      addAndWait: null,
      clear: async () => void (await pgPool.query("truncate graphile_worker._private_jobs; analyze graphile_worker._private_jobs")),
      close: async () => {
        await utils.release();
        await pgPool.end();
      },
    };
  },
  openWorker: async (connectionString, { mode, onJob }) => {
    const { run, Logger } = await importPeer<GraphileWorker>("graphile-worker");
    const pgPool = openPool(connectionString);
    const batching = mode === "drain" ? { localQueue: { size: 500, refetchDelay: { durationMs: 10 } }, completeJobBatchDelay: 0 } : {};
    const runner = await run({
      preset: { worker: { concurrentJobs: 24, logger: new Logger(() => () => {}), ...batching } },
      taskList: { noop: async ({ id }) => onJob(id) },
      pgPool,
    });
    return {
      close: async () => {
        await runner.stop();
        await pgPool.end();
      },
    };
  },
};
