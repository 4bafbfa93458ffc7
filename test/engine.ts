import { isWait, type Assignment, type AttemptResult, type Operation, type OperationOutcome } from "@/lib/contracts/ipc";
import type { BundleManifest, TaskManifest } from "@/lib/contracts/task";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import type { RunDetail } from "@/lib/contracts/run";
import { isFinal, type RunStatus } from "@/lib/contracts/status";
import { encodePacket } from "@/lib/values/packet";
import { openDatabase, type Database } from "@/server/db/database";
import { isConnectionError, Unavailable } from "@/server/db/errors";
import { PacketExists, type PacketStore } from "@/server/db/packets";
import { confirmCancel } from "@/server/engine/running/cancel-run";
import { deploy } from "@/server/engine/versions/deploy";
import { createEngine } from "@/server/engine/create-engine";
import type { Engine, EngineSettings } from "@/server/engine/engine";
import type { Executor } from "@/server/engine/running/executor";
import { finishAttempt } from "@/server/engine/running/finish-attempt";
import { performOperation } from "@/server/engine/running/operation";
import { getRunDetail } from "@/server/engine/reads/runs";
import { runStarted } from "@/server/engine/running/run-started";
import { trigger } from "@/server/engine/triggering/trigger";
import { parkRun } from "@/server/engine/waiting/wait";
import { createTestDatabase } from "./database";

/** Code of a task in a test: it runs in this process, over the same messages as a forked worker's. */
export type TestTask = (run: TestRun) => Promise<unknown>;

export interface TestRun {
  assignment: Assignment;
  signal: AbortSignal;
  operate(operation: Operation): Promise<OperationOutcome>;
}

export interface TestNode {
  engine: Engine;
  executor: TestExecutor;
  close(): Promise<void>;
}

/** As the supervisor does: while the database is away, it is said again. */
async function said(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Unavailable) && !isConnectionError(error)) throw error;
      await new Promise((again) => setTimeout(again, 20));
    }
  }
}

interface Held {
  epoch: number;
  outcomes: Map<number, (outcome: OperationOutcome) => void>;
  early: Map<number, OperationOutcome>;
  abort: AbortController;
  waiting: number;
}

/** An Executor that calls functions: what the supervisor is to the engine, without processes. */
export class TestExecutor implements Executor {
  readonly held = new Map<string, Held>();
  readonly assigned: Assignment[] = [];
  slots = 20;
  engine!: Engine;
  readonly tasks: Record<string, TestTask>;
  constructor(tasks: Record<string, TestTask>) {
    this.tasks = tasks;
  }
  freeSlots(): number {
    return this.slots - [...this.held.values()].filter((run) => run.waiting === 0).length;
  }
  holds(runId: string, epoch: number): boolean {
    return this.held.get(runId)?.epoch === epoch;
  }
  pushMetadata(_runId: string, _epoch: number, _metadata: string | null): void {}
  pushToken(_runId: string, _epoch: number, _token: string): void {}
  cancel(runId: string, epoch: number): boolean {
    const run = this.held.get(runId);
    if (run?.epoch !== epoch) return false;
    run.abort.abort();
    this.held.delete(runId);
    void confirmCancel(this.engine, { runId, epoch, usageMs: 1 });
    return true;
  }
  deliver(runId: string, epoch: number, seq: number, outcome: OperationOutcome): boolean {
    const run = this.held.get(runId);
    if (run?.epoch !== epoch) return false;
    const waiting = run.outcomes.get(seq);
    // Its code has not come to this operation yet.
    if (waiting === undefined) run.early.set(seq, outcome);
    waiting?.(outcome);
    // As a worker does: when nothing more is asked for and something is still waited for, the run gives its slot back.
    setTimeout(() => {
      if (this.held.get(runId) === run && run.waiting > 0) void parkRun(this.engine, { runId, epoch, usageMs: 1 });
    }, 2);
    return true;
  }
  assign(assignment: Assignment, place: { isolate: boolean }): void {
    this.assigned.push(assignment);
    const state: Held = { epoch: assignment.epoch, outcomes: new Map(), early: new Map(), abort: new AbortController(), waiting: 0 };
    this.held.set(assignment.runId, state);
    let seq = 0;
    const journal = new Map(assignment.resume?.journal.map((entry) => [entry.seq, entry]));
    const operate = (operation: Operation) =>
      new Promise<OperationOutcome>((resolve) => {
        seq += 1;
        const known = journal.get(seq);
        const outcome = known?.outcome ?? state.early.get(seq);
        if (outcome !== undefined) return resolve(outcome);
        const waits = isWait(operation);
        if (waits) state.waiting += 1;
        state.outcomes.set(seq, (outcome) => {
          if (waits) state.waiting -= 1;
          resolve(outcome);
        });
        if (known === undefined) {
          void said(() =>
            performOperation(this.engine, {
              runId: assignment.runId,
              epoch: assignment.epoch,
              seq,
              fingerprint: `${operation.kind}:${seq}`,
              operation,
              usageMs: 1,
            }),
          );
        }
      });
    const { runId, epoch } = assignment;
    // A process of its own says when it begins; before that it asks for nothing.
    if (place.isolate) void runStarted(this.engine, { runId, epoch }).then(() => this.#run(assignment, state, operate));
    else void this.#run(assignment, state, operate);
  }
  async #run(assignment: Assignment, state: { epoch: number; abort: AbortController }, operate: TestRun["operate"]): Promise<void> {
    let result: AttemptResult;
    try {
      const output = await this.tasks[assignment.ctx.task.id]?.({ assignment, signal: state.abort.signal, operate });
      result = { ok: true, output: encodePacket(output), usageMs: 1 };
    } catch (error) {
      const proposal = error instanceof RetryLater ? { retry: { delayMs: error.delayMs } } : {};
      const message = error instanceof Error ? error.message : String(error);
      result = {
        ok: false,
        error: { type: "BUILT_IN_ERROR", name: "Error", message, stackTrace: "" },
        skipRetrying: !(error instanceof RetryLater),
        usageMs: 1,
        ...proposal,
      };
    }
    if (this.held.get(assignment.runId)?.epoch !== assignment.epoch) return;
    await said(() => finishAttempt(this.engine, { runId: assignment.runId, epoch: assignment.epoch, result }));
    if (this.held.get(assignment.runId)?.epoch === assignment.epoch) this.held.delete(assignment.runId);
    this.engine.capacityChanged();
  }
}

export class RetryLater extends Error {
  readonly delayMs: number;
  constructor(delayMs: number) {
    super("try again");
    this.delayMs = delayMs;
  }
}

export const memoryPackets = (): PacketStore => {
  const packets = new Map<string, { data: string; dataType: string }>();
  return {
    put: async (key, data, dataType) => {
      if (packets.has(key)) throw new PacketExists(`packet ${key} has been written already`);
      packets.set(key, { data: data.toString(), dataType });
    },
    get: async (key) => packets.get(key) ?? null,
    open: async () => null,
    remove: async (key) => void packets.delete(key),
    address: async () => null,
  };
};

export function manifestOf(
  tasks: readonly (Partial<TaskManifest> & { id: string })[],
  queues: BundleManifest["queues"] = [],
): BundleManifest {
  return {
    project: "proj_test",
    tasks: tasks.map((task) => ({ filePath: `trigger/${task.id}.ts`, queue: `task/${task.id}`, ...task })),
    queues,
    config: { maxDuration: 60 },
  };
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

export interface TestNodeOptions {
  manifest?: BundleManifest;
  attach?: boolean;
  concurrencyLimit?: number;
  /** False: another node may use the database too. */
  sole?: boolean;
  /** Slug of the environment: prod unless told. */
  environment?: "prod" | "dev";
  packets?: PacketStore;
  retentionDays?: number;
  settings?: Partial<EngineSettings>;
}

/** One server's engine over `db`, with its tasks deployed and an executor attached. Several may share one database, like a restart does. */
export async function openTestNode(db: Database, tasks: Record<string, TestTask>, options: TestNodeOptions = {}): Promise<TestNode> {
  const log = { ...quiet, child: () => log };
  await db.query("insert into project (id, ref, name) values ('project_1', 'proj_test', 'Test') on conflict do nothing");
  const { environment = "prod" } = options;
  const id = environment === "prod" ? "env_1" : "env_2";
  const type = environment === "prod" ? "PRODUCTION" : "DEVELOPMENT";
  await db.query(
    `insert into environment (id, project_id, slug, type, concurrency_limit) values ($1, 'project_1', $2, $3, $4)
     on conflict (id) do update set concurrency_limit = excluded.concurrency_limit, paused = false, burst_factor = 1`,
    [id, environment, type, options.concurrencyLimit ?? 100],
  );
  const engine = await createEngine({
    db,
    env: {
      id,
      slug: environment,
      type,
      concurrencyLimit: options.concurrencyLimit ?? 100,
      project: { id: "project_1", ref: "proj_test", name: "Test" },
    },
    packets: options.packets ?? memoryPackets(),
    log,
    api: { url: () => "http://127.0.0.1:1", tokenOf: () => "none" },
    tokenUrl: (id) => `http://127.0.0.1:1/${id}`,
    tokenAccess: () => "none",
    runAccess: (id) => `access to ${id}`,
    batchAccess: (id) => `access to ${id}`,
    hasBuild: () => true,
    sole: options.sole ?? true,
    settings: options.settings ?? {},
    ...(options.retentionDays !== undefined && { retentionDays: options.retentionDays }),
  });
  const manifest = options.manifest ?? manifestOf(Object.keys(tasks).map((id) => ({ id })));
  await deploy(engine, { contentHash: JSON.stringify(manifest), bundle: "test", manifest });
  const executor = new TestExecutor(tasks);
  executor.engine = engine;
  if (options.attach !== false) await engine.attach(executor);
  return {
    engine,
    executor,
    close: () => engine.close(),
  };
}

export async function openTestDatabase(): Promise<{ db: Database; url: string; close(): Promise<void> }> {
  const { url, drop } = await createTestDatabase();
  const db = openDatabase({ url });
  return {
    db,
    url,
    async close() {
      await db.close();
      await drop();
    },
  };
}

export const start = (node: TestNode, task: string, payload?: unknown, options: TriggerOptions = {}) =>
  trigger(node.engine, { task, payload: encodePacket(payload), options });

/** Resolves when the run is in one of the statuses (by default any final one); driven by the feed, not by polling. */
export async function until(node: TestNode, runId: string, ...statuses: RunStatus[]): Promise<RunDetail> {
  const reached = (status: RunStatus) => (statuses.length === 0 ? isFinal(status) : statuses.includes(status));
  const changed = new Promise<void>((resolve) => {
    const stop = node.engine.feed.onRuns((changes) => {
      if (!changes.some((change) => change.row.id === runId && reached(change.row.status))) return;
      stop();
      resolve();
    });
  });
  const now = await getRunDetail(node.engine.db, node.engine.env.id, runId);
  if (now !== null && reached(now.status)) return now;
  await changed;
  const run = await getRunDetail(node.engine.db, node.engine.env.id, runId);
  if (run === null) throw new Error(`run ${runId} is gone`);
  return run;
}
