import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { now } from "../clock";
import { processTree } from "../processes";
import { loop } from "../rows/row";
import type { Ask, LoadedAsk, Subject } from "../subject";
import { peerVersion, type Peer } from "./peer";
import type { WorkerMessage } from "./worker";

/** A peer behind the interface that the rows measure. `databasePid`: its PostgreSQL or Redis, which counts as part of it. */
export async function peerSubject(peer: Peer, place: { connection: string; databasePid: number }): Promise<Subject> {
  const started = new Map<string, (at: number) => void>();
  const begin = (id: string, at: number) => {
    started.get(id)?.(at);
    started.delete(id);
  };
  const producer = await peer.openProducer(place.connection, (id) => begin(id, now()));
  let worker: ChildProcess | undefined;

  /** Resolves when the worker is connected; `onDone` hears how long `target` jobs took it. */
  async function startWorker(mode: "latency" | "drain", target: number, onDone?: (ms: number) => void): Promise<void> {
    await stopWorker();
    if (peer.openWorker === null) return;
    const args = ["peer-worker", peer.name, place.connection, mode, String(target)];
    const child = fork(fileURLToPath(import.meta.url), args, { execArgv: [] });
    worker = child;
    await new Promise<void>((ready, fail) => {
      child.once("exit", (code) => fail(new Error(`the worker of ${peer.name} ended with code ${code}`)));
      // Both ends of this channel are this file's own build, so the shape is known.
      child.on("message", (message: WorkerMessage) => {
        if (message.type === "ready") ready();
        else if (message.type === "done") onDone?.(message.ms);
        else begin(message.id, message.at);
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

  async function callIdle(): Promise<{ startMs: number; resultMs?: number }> {
    const id = randomUUID();
    const startedAt = new Promise<number>((done) => started.set(id, done));
    const before = now();
    if (addAndWait === null) {
      await add?.(id);
      return { startMs: (await startedAt) - before };
    }
    await addAndWait(id);
    const after = now();
    return { startMs: (await startedAt) - before, resultMs: after - before };
  }

  const { add, addMany, addAndWait } = producer;
  const calls: Record<LoadedAsk, (() => Promise<void>) | null> = {
    result: addAndWait && (() => addAndWait(randomUUID())),
    accept: add && (() => add(randomUUID())),
    batch: addMany && (() => addMany(Array.from({ length: 1_000 }, () => randomUUID()))),
  };
  const asks: Ask[] = ["start", ...(addMany === null ? [] : (["drain"] as const))];
  for (const ask of ["result", "accept", "batch"] as const) if (calls[ask] !== null) asks.push(ask);

  return {
    name: peer.name,
    settings: `${peer.package} ${peerVersion(peer.package)}; ${peer.settings}`,
    manners: ["client"],
    asks: new Set(asks),
    idle: async (_, count) => {
      const idle = { starts: [] as number[], results: [] as number[] };
      for (let i = 0; i < count; i++) {
        await delay(5); // the last one is over, and nothing is hot from a burst
        const { startMs, resultMs } = await callIdle();
        idle.starts.push(startMs);
        if (resultMs !== undefined) idle.results.push(resultMs);
      }
      return idle;
    },
    load: (ask, _, limits) => {
      const call = calls[ask];
      return call === null ? Promise.reject(new Error(`${peer.name} has no ${ask}`)) : loop(limits, call);
    },
    drain: (count) => new Promise((done, fail) => void startWorker("drain", count, done).catch(fail)),
    prepare: async (mode) => {
      await stopWorker();
      await producer.clear();
      if (mode === "live") await startWorker("latency", 0);
    },
    processes: () => ({ server: [], database: processTree(place.databasePid), worker: worker?.pid ? processTree(worker.pid) : [] }),
    close: async () => {
      await stopWorker();
      await producer.close();
    },
  };
}
