import type { RunEvent, TraceItem } from "@/lib/contracts/run";
import { machinePresets, type MachinePreset, type Machines } from "@/lib/contracts/task";
import type { ChurningMap } from "@/lib/values/churning-map";
import type { Database } from "../db/database";
import type { GroupCommit } from "../db/group-commit";
import type { PacketStore } from "../db/packets";
import type { SharedCommits } from "../db/shared-commits";
import type { Logger } from "../log";
import type { BulkLoop } from "./bulk/bulk-loop";
import type { Deployments } from "./versions/deployments";
import type { Environment } from "./environment";
import type { Ends } from "./running/ends";
import type { Executor } from "./running/executor";
import type { Rounds } from "./rounds";
import type { Feed } from "./feed";
import type { ChunkAppend, Ended, Finish, KeyedAnswer, KeyedRun, MetadataChange, Timers } from "./loops";
import { toRunRow, type StoredRun } from "./run-row";
import { laneKey, type Lane } from "./queues/lanes";
import type { Scheduler } from "./queues/scheduler";
import type { DatabaseClock } from "./time/database-clock";
import type { Recent } from "./recent";
import type { Turns } from "./turns";

/** A run whose process this node holds: executing, or parked in memory while it waits. */
export interface LiveRun {
  id: string;
  epoch: number;
  attempt: number;
  stored: StoredRun;
  /** Trace items written so far; the next one's `seq` is one more. */
  traceSeq: number;
  /** It has made an operation: there may be journal entries. */
  operated: boolean;
  /** Operations whose outcome has not been handed over. */
  open: Set<number>;
  /** It has asked for the token of its calls. */
  hasToken?: boolean;
}

/** What the operator may set. */
export interface EngineSettings {
  /** How long debounced triggers that name no `maxDelay` may push a run back, from its creation; null: for ever. */
  debounceMaxMs: number | null;
  /** Longest TTL: longer ones are cut, and runs without one get it; null: none. */
  ttlMaxMs: number | null;
  /** Runs that may wait in one queue, under all its keys; 0: any number. */
  queueSizeMax: number;
  machines: Machines;
  /** Of runs for which neither trigger, task nor config names one. */
  defaultMachine: MachinePreset;
}
export const defaultSettings: EngineSettings = {
  debounceMaxMs: null,
  ttlMaxMs: null,
  queueSizeMax: 0,
  machines: machinePresets,
  defaultMachine: "small-1x",
};

export interface EngineOptions {
  db: Database;
  env: Environment;
  packets: PacketStore;
  log: Logger;
  /** Address and credential for the calls that the SDK of a run makes over HTTP. */
  api: { url: () => string; tokenOf: (run: { runId: string; epoch: number }) => string };
  tokenUrl: (waitpointId: string) => string;
  tokenAccess: (waitpointId: string) => string;
  /** Public access tokens of a run and of a batch, for the handles that task code gets. */
  runAccess: (runId: string) => string;
  batchAccess: (batchId: string) => string;
  /** Whether a version's bundle is still on the disk of this node. */
  hasBuild: (bundle: string) => boolean;
  /** No other process executes on this database (the caller holds its lock): nodes of former ones are dead at start, whatever their lease says. */
  sole: boolean;
  /** Ids of the engines of this process, of other environments too; this one's comes to them. */
  nodes?: Set<string>;
  /** Days that finished runs are kept. */
  retentionDays?: number;
  settings?: Partial<EngineSettings>;
}

/** The run engine of one environment on one node. Verbs are functions over it, a file each. */
export interface Engine extends Omit<EngineOptions, "settings" | "nodes"> {
  readonly settings: EngineSettings;
  readonly nodeId: string;
  /** Ids of the engines of this process, this one's included. */
  readonly nodes: Set<string>;
  /** Epoch ms by the database's clock. */
  readonly startedAt: number;
  readonly feed: Feed;
  readonly ends: Ends;
  readonly deployments: Deployments;
  readonly scheduler: Scheduler;
  readonly timers: Timers;
  readonly clock: DatabaseClock;
  readonly live: ChurningMap<LiveRun>;
  /** Resuming, one at a time per run: two outcomes at once must not both give it a slot. */
  readonly resumes: Turns;
  /** Runs that were cancelled between the commit that started them and their way to a worker: they are not to be assigned. */
  readonly canceled: Recent;
  readonly rounds: Rounds;
  /** For what one run does at a time: waiting, going on, its journal. */
  readonly shared: SharedCommits;
  /** New runs that a parent's process makes under a key. */
  readonly keyed: GroupCommit<KeyedRun, KeyedAnswer>;
  /** Null: the run was not in one of the `from` statuses at that epoch. */
  readonly finishes: { submit(finish: Finish): Promise<Ended | null>; idle(): Promise<void> };
  /** Works through what is asked of many runs at once. */
  readonly bulk: BulkLoop;
  readonly progress: {
    readonly metadata: GroupCommit<MetadataChange, Record<string, unknown>>;
    readonly chunks: GroupCommit<ChunkAppend, { next: number }>;
    enqueue(runId: string, work: () => Promise<void>): Promise<void>;
    flush(runId: string): Promise<void> | undefined;
    idle(): Promise<void>;
  };
  readonly trace: { submit(live: LiveRun, items: readonly Omit<TraceItem, "runId" | "seq">[]): void; idle(): Promise<void> };
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

export const laneOf = (run: { queue: string; concurrency_key: string | null; gates: string | null }): Lane => ({
  queue: run.queue,
  key: laneKey(run.concurrency_key, run.gates),
});

/** A run as a commit has left it, and what happened to it there. */
export interface Told {
  run: StoredRun;
  events: RunEvent[];
  created?: boolean;
}

/** Tells the feed of the runs of one commit after it, and keeps what this node knows of its own. */
export function tell(engine: Engine, told: readonly Told[]): void {
  if (told.length === 0) return;
  for (const { run } of told) {
    const live = engine.live.get(run.id);
    // Commits of two connections may be told in either order.
    if (live?.epoch === run.epoch && live.stored.version < run.version) live.stored = run;
  }
  const at = Date.now();
  engine.feed.emit(
    "runs",
    told.map(({ run, events, created = false }) => ({ row: toRunRow(run), events, created, at })),
  );
}

/** The same where each run has events of one kind. */
export const publish = (engine: Engine, runs: readonly StoredRun[], events: (run: StoredRun) => RunEvent[]): void =>
  tell(
    engine,
    runs.map((run) => ({ run, events: events(run) })),
  );

/** An event as the row's newest version. */
export function eventOf(run: StoredRun, type: RunEvent["type"], data?: Record<string, unknown>): RunEvent {
  return { runId: run.id, version: run.version, at: run.updated_at, type, ...(data !== undefined && { data }) };
}

/** Frees the run's slot, if it held one, and lets the next run have it. */
export function freeSlot(engine: Engine, runId: string): void {
  const lane = engine.scheduler.release(runId);
  if (lane === null) return;
  engine.feed.emit("queues", [lane.queue]);
  engine.rounds.wake();
}
