import type { Pool } from "pg";
import { names } from "../names";
import { importPeer, type Peer, type Producer } from "./peer";
import { openPool } from "./pool";

interface Handle {
  getResult(options?: { pollingIntervalMs: number }): Promise<unknown>;
}
interface Enqueue {
  queueName: string;
  workflowName: string;
}
interface Database {
  systemDatabaseUrl: string;
  systemDatabasePool: Pool;
  logger: Silence;
}
interface QueueOptions {
  workerConcurrency: number;
  minPollingIntervalMs: number;
  onConflict: "always_update";
}
interface DbosModule {
  DBOS: {
    setConfig(config: Database & { name: string; applicationVersion: string }): void;
    registerWorkflow(work: (id: string) => Promise<void>, options: { name: string }): (id: string) => Promise<void>;
    registerQueue(name: string, options: QueueOptions): Promise<unknown>;
    launch(): Promise<void>;
    shutdown(): Promise<void>;
    startWorkflow(work: (id: string) => Promise<void>): (id: string) => Promise<Handle>;
  };
  DBOSClient: {
    create(options: Database & { applicationName: string }): Promise<{
      enqueue(options: Enqueue, id: string): Promise<Handle>;
      enqueueInTransaction(client: unknown, options: Enqueue, id: string): Promise<Handle>;
      destroy(): Promise<void>;
    }>;
  };
}
type Silence = Record<"info" | "debug" | "warn" | "error", (entry: unknown) => void>;

const application = "bench";
const noop: Enqueue = { queueName: "noop", workflowName: "noop" };
/** A second is the default of both, and a call would take that long. Callers that wait ask the database each for itself: less often. */
const queuePollingMs = 10;
const resultPollingMs = 25;
const logger: Silence = { info: () => {}, debug: () => {}, warn: () => {}, error: (entry) => console.error(`dbos: ${String(entry)}`) };

const clear = (pool: Pool) => pool.query("truncate dbos.workflow_status cascade");

/** This process runs workflows. A queue is taken from only where one was registered. */
async function launch(connectionString: string, work: (id: string) => Promise<void>) {
  const { DBOS } = await importPeer<DbosModule>("@dbos-inc/dbos-sdk");
  const pool = openPool(connectionString);
  DBOS.setConfig({ name: application, applicationVersion: "1", systemDatabaseUrl: connectionString, systemDatabasePool: pool, logger });
  const workflow = DBOS.registerWorkflow(work, { name: noop.workflowName });
  await DBOS.launch();
  const close = async () => {
    await DBOS.shutdown();
    await pool.end();
  };
  return { DBOS, pool, workflow, close };
}

/** A client enqueues, a process of its own takes from the queue. */
export const dbosQueue: Peer = {
  name: names.dbosQueue,
  package: "@dbos-inc/dbos-sdk",
  settings: `workerConcurrency 100, queue polled every ${queuePollingMs} ms, results every ${resultPollingMs}; a batch is one transaction`,
  store: "postgres",
  openProducer: async (connectionString) => {
    const { DBOSClient } = await importPeer<DbosModule>("@dbos-inc/dbos-sdk");
    // The first launch makes the tables.
    await (await launch(connectionString, async () => {})).close();
    const pool = openPool(connectionString);
    const database: Database = { systemDatabaseUrl: connectionString, systemDatabasePool: pool, logger };
    const client = await DBOSClient.create({ ...database, applicationName: application });
    return {
      add: async (id) => void (await client.enqueue(noop, id)),
      addMany: async (ids) => {
        const connection = await pool.connect();
        try {
          await connection.query("begin");
          for (const id of ids) await client.enqueueInTransaction(connection, noop, id);
          await connection.query("commit");
        } finally {
          connection.release();
        }
      },
      addAndWait: async (id) => void (await (await client.enqueue(noop, id)).getResult({ pollingIntervalMs: resultPollingMs })),
      clear: async () => void (await clear(pool)),
      close: async () => {
        await client.destroy();
        await pool.end();
      },
    };
  },
  openWorker: async (connectionString, { onJob }) => {
    const { DBOS, close } = await launch(connectionString, async (id) => onJob(id));
    await DBOS.registerQueue(noop.queueName, { workerConcurrency: 100, minPollingIntervalMs: queuePollingMs, onConflict: "always_update" });
    return { close };
  },
};

/** Workflows run where they are started, in the caller's own process: nothing is accepted for later. */
export const dbosDirect: Peer = {
  name: names.dbosDirect,
  package: "@dbos-inc/dbos-sdk",
  settings: "startWorkflow in the caller's process, without a queue, result by its handle",
  store: "postgres",
  openProducer: async (connectionString, onJob): Promise<Producer> => {
    const { DBOS, pool, workflow, close } = await launch(connectionString, async (id) => onJob(id));
    return {
      add: null,
      addMany: null,
      addAndWait: async (id) => void (await (await DBOS.startWorkflow(workflow)(id)).getResult()),
      clear: async () => void (await clear(pool)),
      close,
    };
  },
  openWorker: null,
};
