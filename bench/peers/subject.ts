import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { processTree } from "../processes";
import { now, type Subject } from "../subject";
import { peerVersion, type Peer } from "./peer";
import type { WorkerMessage } from "./worker";

/** A peer behind the interface that the rows measure. `databasePid`: its PostgreSQL or Redis, which counts as part of it. */
export async function peerSubject(peer: Peer, place: { connection: string; databasePid: number }): Promise<Subject> {
  const producer = await peer.openProducer(place.connection);
  const started = new Map<string, (at: number) => void>();
  let worker: ChildProcess | undefined;

  /** Resolves when the worker is connected; `onDone` hears how long `target` jobs took it. */
  async function startWorker(mode: "latency" | "drain", target: number, onDone?: (ms: number) => void): Promise<void> {
    await stopWorker();
    const child = fork(fileURLToPath(import.meta.url), ["peer-worker", peer.name, place.connection, mode, String(target)], { execArgv: [] });
    worker = child;
    await new Promise<void>((ready, fail) => {
      child.once("exit", (code) => fail(new Error(`the worker of ${peer.name} ended with code ${code}`)));
      // Both ends of this channel are this file's own build, so the shape is known.
      child.on("message", (message: WorkerMessage) => {
        if (message.type === "ready") ready();
        else if (message.type === "done") onDone?.(message.ms);
        else {
          started.get(message.id)?.(message.at);
          started.delete(message.id);
        }
      });
    });
  }

  async function stopWorker(): Promise<void> {
    const child = worker;
    worker = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.send("close");
    const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(late);
  }

  async function callIdle() {
    const id = randomUUID();
    const startedAt = new Promise<number>((done) => started.set(id, done));
    const before = now();
    if (producer.addAndWait === null) {
      await producer.add(id);
      return { startMs: (await startedAt) - before };
    }
    await producer.addAndWait(id);
    const after = now();
    return { startMs: (await startedAt) - before, resultMs: after - before };
  }

  const { addAndWait } = producer;
  return {
    name: peer.name,
    settings: `${peer.package} ${peerVersion(peer.package)}; ${peer.settings}`,
    callIdle,
    call: addAndWait && (() => addAndWait(randomUUID())),
    accept: () => producer.add(randomUUID()),
    acceptMany: (count) => producer.addMany(Array.from({ length: count }, () => randomUUID())),
    drain: (count) => new Promise((done, fail) => void startWorker("drain", count, done).catch(fail)),
    prepare: async (mode) => {
      await stopWorker();
      await producer.clear();
      if (mode === "live") await startWorker("latency", 0);
    },
    processes: () => [...(worker?.pid ? processTree(worker.pid) : []), ...processTree(place.databasePid)],
    close: async () => {
      await stopWorker();
      await producer.close();
    },
  };
}
