import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { Load, Loaded, Step } from "../load/callers";
import { startGenerator } from "../load/generator";
import { captureClientRequests, headerNames, type ClientRequests } from "../load/published-client";
import { withoutClientHeaders } from "../load/request";
import { isPostgres, processTree } from "../processes";
import { now } from "../clock";
import type { Limits, LoadedAsk, Manner, Subject } from "../subject";
import { finishedRuns } from "./finished-runs";
import type { ProductServer } from "./server";

const Queue = z.object({ queued: z.number(), running: z.number() });
const batchSize = 1_000;

export interface ProductSubject extends Subject {
  /** Headers of the published client, for the report. */
  clientHeaders: string;
  /** What the published client sends for this task. */
  requestsFor(task: string): Promise<ClientRequests>;
  runLoad(load: Omit<Load, "origin">): Promise<Loaded>;
  /** Pauses or resumes the queue of a task. */
  setQueue(task: string, action: "pause" | "resume"): Promise<void>;
  /** Runs of this task that have completed since the server's start. */
  finished(task: string): Promise<number>;
  runOnce(): Promise<string>;
}

/** The product over its public HTTP API with a secret key, as any backend would use it. */
export async function productSubject(name: string, server: ProductServer): Promise<ProductSubject> {
  const { origin, secretKey } = server;
  const generator = startGenerator();
  const requestsFor = (task: string) => captureClientRequests({ origin, secretKey, task, payload: { n: 1 }, batchSize });
  const noop = await requestsFor("noop");
  const runLoad = (load: Omit<Load, "origin">) => generator.run({ ...load, origin });

  async function ask(path: string, body?: object): Promise<unknown> {
    const headers = { authorization: `Bearer ${secretKey}`, "content-type": "application/json" };
    const answer = await fetch(`${server.url}${path}`, { headers, ...(body && { method: "POST", body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
    return answer.json();
  }
  const setQueue = async (task: string, action: "pause" | "resume") => {
    await ask(`/api/v1/queues/${task}/pause`, { type: "task", action });
  };
  const emptied = async () => {
    for (;;) {
      const { queued, running } = Queue.parse(await ask("/api/v1/queues/noop?type=task"));
      if (queued === 0 && running === 0) return;
      await delay(50); // this look costs the server something too
    }
  };

  return {
    name,
    settings: `${server.version}, \`signalbox start\`, embedded PostgreSQL, defaults; over HTTP/1.1 with keep-alive and a secret key`,
    manners: ["client", "bare", "keyed"],
    asks: new Set(["start", "result", "accept", "batch", "drain"]),
    clientHeaders: headerNames(noop.trigger).join(", "),
    requestsFor,
    runLoad,
    setQueue,
    finished: (task) => finishedRuns(server, task),
    runOnce: async () => {
      const { id } = z.object({ id: z.string() }).parse(await ask("/api/v1/tasks/noop/trigger", { payload: { n: 1 } }));
      await ask(`/api/v1/runs/${id}/result?wait=30`);
      return id;
    },
    idle: async (manner, calls) => {
      const limits: Limits = { callers: 1, ms: 120_000, most: calls };
      const { starts, latencies } = await runLoad({ ...limits, steps: stepsOf(noop, "result", manner), pauseMs: 5 });
      return { starts: [...starts], results: [...latencies] };
    },
    load: (what, manner, limits) => runLoad({ ...limits, steps: stepsOf(noop, what, manner) }),
    drain: async () => {
      const from = now();
      await setQueue("noop", "resume");
      await emptied(); // until the last result is stored, not only until the last one has begun
      return now() - from;
    },
    prepare: async (mode) => {
      await setQueue("noop", "resume");
      await emptied();
      if (mode === "held") await setQueue("noop", "pause");
    },
    processes: () => {
      const others = processTree(server.pid).filter((pid) => pid !== server.pid);
      return { server: [server.pid], database: others.filter(isPostgres), worker: others.filter((pid) => !isPostgres(pid)) };
    },
    close: async () => generator.close(),
  };
}

/** The answer to a trigger waits for the end of the run. */
export const waitingFor = (trigger: string, seconds: number): string => trigger.replace("/trigger HTTP/", `/trigger?wait=${seconds} HTTP/`);

export const resultOf = (trigger: string): Step => ({ request: waitingFor(trigger, 30), expect: '"ok":true' });

export const batchOf = ({ createBatch, addItems }: Pick<ClientRequests, "createBatch" | "addItems">): Step[] => [
  { request: createBatch, expect: '"id":"' },
  { request: addItems, expect: `"itemsAccepted":${batchSize}` },
];

function stepsOf(requests: ClientRequests, what: LoadedAsk, manner: Manner): Step[] {
  const as = (request: string) => (manner === "bare" ? withoutClientHeaders(request) : request);
  const trigger = manner === "keyed" ? requests.keyed : as(requests.trigger);
  switch (what) {
    case "result":
      return [resultOf(trigger)];
    case "accept":
      return [{ request: trigger, expect: '"id":"run_' }];
    case "batch":
      return batchOf({ createBatch: as(requests.createBatch), addItems: as(requests.addItems) });
  }
}
