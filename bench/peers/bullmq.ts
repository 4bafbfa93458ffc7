import { importPeer, type Peer } from "./peer";

interface Connection {
  path: string;
  maxRetriesPerRequest: null;
}
interface BullMq {
  Queue: new (
    name: string,
    options: { connection: Connection },
  ) => {
    add(name: string, data: object): Promise<{ waitUntilFinished(events: object): Promise<unknown> }>;
    addBulk(jobs: { name: string; data: object }[]): Promise<unknown>;
    obliterate(options: { force: boolean }): Promise<void>;
    close(): Promise<void>;
    setMaxListeners(count: number): void;
  };
  QueueEvents: new (
    name: string,
    options: { connection: Connection },
  ) => { waitUntilReady(): Promise<unknown>; close(): Promise<void>; setMaxListeners(count: number): void };
  Worker: new (
    name: string,
    process: (job: { data: { id: string } }) => Promise<void>,
    options: { connection: Connection; concurrency: number },
  ) => {
    waitUntilReady(): Promise<unknown>;
    close(force: boolean): Promise<void>;
    on(event: "error", listener: (error: Error) => void): void;
  };
}

const at = (path: string): Connection => ({ path, maxRetriesPerRequest: null });

export const bullMq = (name: string, settings: string): Peer => ({
  name,
  package: "bullmq",
  settings: `${settings}, concurrency 100, result by waitUntilFinished`,
  store: "redis",
  openProducer: async (path) => {
    const { Queue, QueueEvents } = await importPeer<BullMq>("bullmq");
    const queue = new Queue("noop", { connection: at(path) });
    const events = new QueueEvents("noop", { connection: at(path) });
    // waitUntilFinished listens once for each job that is awaited.
    for (const emitter of [queue, events]) emitter.setMaxListeners(0);
    await events.waitUntilReady();
    return {
      add: async (id) => void (await queue.add("noop", { id })),
      addMany: async (ids) => void (await queue.addBulk(ids.map((id) => ({ name: "noop", data: { id } })))),
      addAndWait: async (id) => void (await (await queue.add("noop", { id })).waitUntilFinished(events)),
      clear: () => queue.obliterate({ force: true }),
      close: async () => {
        await queue.close();
        await events.close();
      },
    };
  },
  openWorker: async (path, { onJob }) => {
    const { Worker } = await importPeer<BullMq>("bullmq");
    const worker = new Worker("noop", async (job) => onJob(job.data.id), { connection: at(path), concurrency: 100 });
    worker.on("error", (error) => console.error(`bullmq: ${error.message}`));
    await worker.waitUntilReady();
    return { close: () => worker.close(true) };
  },
});
