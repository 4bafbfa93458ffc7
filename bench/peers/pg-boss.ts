import { Client } from "pg";
import { names } from "../names";
import { importPeer, type Peer } from "./peer";

interface Boss {
  on(event: "error", listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  stop(options: { graceful: boolean }): Promise<void>;
  createQueue(name: string, options: { notify: boolean }): Promise<void>;
  send(name: string, data: object): Promise<string | null>;
  insert(name: string, jobs: { data: object }[]): Promise<unknown>;
  deleteAllJobs(name: string): Promise<unknown>;
  work(name: string, options: object, handler: (jobs: { data: { id: string } }[]) => Promise<void>): Promise<string>;
}
interface PgBossModule {
  PgBoss: new (options: { connectionString: string; max: number; useListenNotify: boolean; supervise: boolean; schedule: boolean }) => Boss;
}

async function start(connectionString: string): Promise<Boss> {
  const { PgBoss } = await importPeer<PgBossModule>("pg-boss");
  const boss = new PgBoss({ connectionString, max: 16, useListenNotify: true, supervise: true, schedule: false });
  boss.on("error", (error) => console.error(`pg-boss: ${error.message}`));
  await boss.start();
  await boss.createQueue("noop", { notify: true });
  return boss;
}

const latency = { batchSize: 1, localConcurrency: 8, pollingIntervalSeconds: 0.5 };
const drain = { batchSize: 500, localConcurrency: 2, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };

export const pgBoss: Peer = {
  name: names.pgBoss,
  package: "pg-boss",
  settings: "LISTEN/NOTIFY on; latency batchSize 1 x 8 workers, drain batchSize 500 x 2 with burstWhenBatchFull",
  store: "postgres",
  openProducer: async (connectionString) => {
    const boss = await start(connectionString);
    return {
      add: async (id) => void (await boss.send("noop", { id })),
      addMany: async (ids) =>
        void (await boss.insert(
          "noop",
          ids.map((id) => ({ data: { id } })),
        )),
      addAndWait: null,
      clear: async () => {
        await boss.deleteAllJobs("noop");
        // Outside a transaction, so by itself: what the deleted rows leave behind would slow the next measurement.
        const client = new Client({ connectionString });
        await client.connect();
        await client.query("vacuum analyze");
        await client.end();
      },
      close: () => boss.stop({ graceful: false }),
    };
  },
  openWorker: async (connectionString, { mode, onJob }) => {
    const boss = await start(connectionString);
    await boss.work("noop", mode === "latency" ? latency : drain, async (jobs) => {
      for (const job of jobs) onJob(job.data.id);
    });
    return { close: () => boss.stop({ graceful: false }) };
  },
};
