import { newId } from "@/lib/ids";
import type { OperationOutcome } from "@/lib/contracts/ipc";
import type { RunEvent } from "@/lib/contracts/run";
import type { Database } from "../db/database";
import type { PacketStore } from "../db/packets";
import type { Logger } from "../log";
import { createClaims } from "./claim";
import { openDeployments, type Deployments } from "./deployments";
import type { Environment } from "./environment";
import type { Executor } from "./executor";
import { createFeed, type Feed } from "./feed";
import { createFinishes } from "./finish";
import { createInserts } from "./inserts";
import { createKeyedInserts } from "./keyed";
import { startMaintenance } from "./maintenance";
import { createProgressWrites } from "./progress";
import { loadQueues, recountQueue } from "./queue";
import { recover, sweep } from "./recover";
import { toRunRow, type StoredRun } from "./run-row";
import { Scheduler, type Lane } from "./scheduler";
import { createTraceWrites } from "./trace";
import { startTimers, type Timers } from "./timers";

/** A run whose process this node holds: executing, or parked in memory while it waits. */
export interface LiveRun {
  id: string;
  epoch: number;
  attempt: number;
  stored: StoredRun;
  /** Trace items written so far; the next one's `seq` is one more. */
  traceSeq: number;
  /** Operations whose outcome has not been handed over. */
  open: Set<number>;
}

export interface EngineOptions {
  db: Database;
  env: Environment;
  packets: PacketStore;
  log: Logger;
  /** Address and credential for the reading calls of task code. */
  api: () => { url: string; token: string };
  tokenUrl: (waitpointId: string) => string;
  tokenAccess: (waitpointId: string) => string;
  /** Nobody else uses this database: nodes of former processes are dead at start, whatever their lease says. */
  sole: boolean;
  /** Days that finished runs are kept. */
  retentionDays?: number;
}

/** The run engine of one environment on one node. Verbs are functions over it, a file each. */
export interface Engine extends EngineOptions {
  readonly nodeId: string;
  readonly feed: Feed;
  readonly deployments: Deployments;
  readonly scheduler: Scheduler;
  readonly timers: Timers;
  readonly live: Map<string, LiveRun>;
  readonly inserts: ReturnType<typeof createInserts>;
  readonly keyed: ReturnType<typeof createKeyedInserts>;
  readonly claims: ReturnType<typeof createClaims>;
  readonly finishes: ReturnType<typeof createFinishes>;
  readonly progress: ReturnType<typeof createProgressWrites>;
  readonly trace: ReturnType<typeof createTraceWrites>;
  /** Live statuses that no other structure counts. */
  readonly counts: { waiting: number; delayed: number; tokensWaiting: number; failedLastHour: number };
  executor: Executor | null;
  /** No new starts: the server is going down. */
  draining: boolean;
  /** New triggers are refused while the disk is nearly full. */
  readOnlyReason: string | null;
  attach(executor: Executor): Promise<void>;
  capacityChanged(): void;
  drain(): Promise<void>;
  close(): Promise<void>;
}

export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { db, env } = options;
  const [installation] = await db.query<{ epoch: string }>("select epoch from installation");
  const background: { close(): Promise<void> }[] = [];

  const engine: Engine = {
    ...options,
    nodeId: newId("node"),
    feed: createFeed(installation?.epoch ?? "none"),
    deployments: await openDeployments(db, env),
    scheduler: new Scheduler(env.concurrencyLimit),
    live: new Map(),
    counts: { waiting: 0, delayed: 0, tokensWaiting: 0, failedLastHour: 0 },
    executor: null,
    draining: false,
    readOnlyReason: null,
    // The write loops need the engine for what follows a commit, so they are made with it.
    get inserts() {
      return inserts;
    },
    get keyed() {
      return keyed;
    },
    get claims() {
      return claims;
    },
    get finishes() {
      return finishes;
    },
    get progress() {
      return progress;
    },
    get trace() {
      return trace;
    },
    get timers() {
      return timers;
    },
    async attach(executor) {
      engine.executor = executor;
      await recover(engine);
      claims.wake();
    },
    capacityChanged: () => claims.wake(),
    async drain() {
      engine.draining = true;
      await claims.idle();
    },
    async close() {
      engine.draining = true;
      for (const part of background) await part.close();
      await Promise.all([inserts.idle(), keyed.idle(), claims.idle(), finishes.idle(), progress.idle(), trace.idle()]);
    },
  };
  const inserts = createInserts(engine);
  const keyed = createKeyedInserts(engine);
  const claims = createClaims(engine);
  const finishes = createFinishes(engine);
  const progress = createProgressWrites(engine);
  const trace = createTraceWrites(engine);
  const timers = startTimers(engine);
  background.push(timers, startMaintenance(engine, () => sweep(engine)));
  await loadQueues(engine);
  await recountQueue(engine);
  return engine;
}

export const laneOf = (run: { queue: string; concurrency_key: string | null }): Lane => ({ queue: run.queue, key: run.concurrency_key ?? "" });

/** Tells the feed of runs after a commit. `events` gives what happened to each. */
export function publish(engine: Engine, runs: readonly StoredRun[], events: (run: StoredRun) => RunEvent[], created = false): void {
  if (runs.length === 0) return;
  const at = Date.now();
  engine.feed.emit(
    "runs",
    runs.map((run) => ({ row: toRunRow(run), events: events(run), created, at })),
  );
}

/** An event as the row's newest version. */
export function eventOf(run: StoredRun, type: RunEvent["type"], data?: Record<string, unknown>): RunEvent {
  return { runId: run.id, version: run.version, at: run.updated_at, type, ...(data !== undefined && { data }) };
}

/** Frees the run's slot, if it held one, and lets the next run have it. */
export function freeSlot(engine: Engine, runId: string): void {
  const lane = engine.scheduler.release(runId);
  if (lane === null) return;
  engine.feed.emit("queues", [lane.queue]);
  engine.claims.wake();
}

export function deliver(engine: Engine, runId: string, epoch: number, seq: number, outcome: OperationOutcome): boolean {
  return engine.executor?.deliver(runId, epoch, seq, outcome) ?? false;
}
