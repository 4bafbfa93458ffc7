import type { Assignment, TaskContext } from "@/lib/contracts/ipc";
import type { InternalErrorCode, TaskRunError } from "@/lib/contracts/error";
import type { BundleManifest, MachinePreset } from "@/lib/contracts/task";
import { decodeText } from "../../db/text";
import type { Deployment } from "../versions/deployments";
import { errorIdOf } from "../errors/error-id";
import { freeSlot, type Engine } from "../engine";
import { awaitPacket } from "../packets";
import { parkForVersion } from "../versions/park-run";
import { readOptions, type RunOptions } from "../triggering/run-options";
import { settingsOf, type TaskVersion } from "../triggering/settings";
import { isFirstStart, isSettled, lockSettings } from "./lock-settings";
import type { StoredRun } from "../run-row";

/** The cold part of a run that a worker needs, as stored. */
export interface ColdRun {
  payload: string | null;
  payload_type: string;
  metadata: string | null;
  options: string;
}

interface Resumed {
  from: NonNullable<Assignment["resume"]>;
  traceSeq: number;
}

/** Trace items of an attempt have numbers above those of the attempts before it, which another process may have written. */
const traceItemsPerAttempt = 8_000_000;

interface Start {
  run: StoredRun;
  cold: ColdRun;
  resumed: Resumed | undefined;
}

/**
 * Hands a run that has been started (committed as EXECUTING or DEQUEUED, slot held) to a worker. A run whose row cannot be
 * handed over ends here: left alone it would be found without a process and come back for ever.
 */
export function dispatch(engine: Engine, run: StoredRun, cold: ColdRun, resumed?: Resumed): void {
  if (engine.canceled.has(run.id)) {
    freeSlot(engine, run.id);
    return;
  }
  const start: Start = { run, cold, resumed };
  const known = run.deployment === null ? engine.deployments.current() : engine.deployments.get(run.deployment);
  if (known === null && run.deployment !== null) void placeFound(engine, start, run.deployment);
  else tryPlace(engine, start, known);
}

/** Another node made this version. */
async function placeFound(engine: Engine, start: Start, version: string): Promise<void> {
  try {
    const deployment = await engine.deployments.find(version);
    if (deployment !== null) tryPlace(engine, start, deployment);
    else
      await failStart(engine, start.run, {
        code: "COULD_NOT_FIND_EXECUTOR",
        message: `Version ${version}, on which this run has to execute, is not there any more.`,
      });
  } catch (error) {
    engine.log.error("the version of a run could not be read; the sweep tries again", { run: start.run.id, error: messageOf(error) });
  }
}

function tryPlace(engine: Engine, start: Start, deployment: Deployment | null): void {
  try {
    const task = deployment?.manifest.tasks.find((candidate) => candidate.id === start.run.task);
    if (deployment === null || task === undefined) void parkForVersion(engine, start.run);
    else placeSettled(engine, start, { deployment, task, options: readOptions(start.cold.options) });
  } catch (error) {
    void failStart(engine, start.run, { code: "TASK_EXECUTION_FAILED", message: `The run could not be started: ${messageOf(error)}` });
  }
}

interface Code extends TaskVersion {
  options: RunOptions;
}

/** What an attempt may take is for the version that executes it to say, not for the one under which it was triggered. */
function placeSettled(engine: Engine, start: Start, of: Code): void {
  const settings = isFirstStart(start.run) && start.resumed === undefined ? settingsOf(of, of.options) : null;
  if (settings === null || isSettled(start.run, settings)) return place(engine, start, of);
  lockSettings(engine, start.run, settings)
    .then((run) => {
      if (run !== null && !engine.canceled.has(run.id)) place(engine, { ...start, run }, of);
    })
    .catch((error: unknown) =>
      engine.log.error("the settings of a run's version could not be stored; the sweep tries again", {
        run: start.run.id,
        error: messageOf(error),
      }),
    );
}

function place(engine: Engine, { run, cold, resumed }: Start, of: Code): void {
  const ctx = contextOf(engine, run, of);
  engine.live.set(run.id, {
    id: run.id,
    epoch: run.epoch,
    attempt: run.attempt,
    stored: run,
    traceSeq: resumed?.traceSeq ?? Math.max(engine.live.get(run.id)?.traceSeq ?? 0, (run.attempt - 1) * traceItemsPerAttempt),
    operated: resumed !== undefined,
    open: new Set(resumed?.from.journal.filter((entry) => entry.outcome === undefined).map((entry) => entry.seq)),
  });
  const isolate = run.status === "DEQUEUED";
  const send = (payload: Assignment["payload"]) => {
    engine.scheduler.started(run.id);
    if (engine.executor === null || engine.live.get(run.id)?.epoch !== run.epoch) return;
    engine.executor.assign(
      {
        runId: run.id,
        epoch: run.epoch,
        ctx,
        payload,
        metadata: cold.metadata === null ? null : decodeText(cold.metadata),
        env: {},
        apiUrl: engine.api.url(),
        maxDuration: run.max_duration ?? undefined,
        isolated: isolate || undefined,
        traceparent: of.options.traceparent,
        // An attempt's own time is added when it ends.
        usedMsBefore: run.usage_ms || undefined,
        resume: resumed?.from,
      },
      { deployment: of.deployment, isolate, machine: (isolate && run.machine) || undefined },
    );
  };
  const packet = { data: cold.payload === null ? null : decodeText(cold.payload), dataType: cold.payload_type };
  if (packet.dataType !== "application/store") return send(packet);
  // Only large payloads take a turn through the packet store.
  void awaitPacket(engine.packets, packet, () => engine.draining || engine.live.get(run.id)?.epoch !== run.epoch)
    .then((content) => (content === null ? undefined : send(content)))
    .catch((error: unknown) =>
      failStart(engine, run, { code: "TASK_INPUT_ERROR", message: `The payload could not be read: ${messageOf(error)}` }),
    );
}

async function failStart(engine: Engine, run: StoredRun, { code, message }: { code: InternalErrorCode; message: string }): Promise<void> {
  engine.log.error("a run could not be started", { run: run.id, error: message });
  const error: TaskRunError = { type: "INTERNAL_ERROR", code, message };
  try {
    await engine.finishes.submit({
      runId: run.id,
      epoch: run.epoch,
      from: ["EXECUTING", "DEQUEUED"],
      status: "SYSTEM_FAILURE",
      event: "failed",
      data: { attempt: run.attempt },
      error,
      errorId: errorIdOf(run.task, error),
      usageMs: 0,
    });
  } catch (failure) {
    engine.log.error("its failure could not be stored; the sweep tries again", { run: run.id, error: messageOf(failure) });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const machineOf = ({ settings }: Engine, run: StoredRun, config: BundleManifest["config"]): MachinePreset =>
  run.machine ?? config.machine ?? settings.defaultMachine;

function contextOf(engine: Engine, run: StoredRun, of: Code): TaskContext {
  const { task, deployment, options } = of;
  const { env } = engine;
  const machine = machineOf(engine, run, deployment.manifest.config);
  const preset = engine.settings.machines[machine];
  const retries = task.retry ?? deployment.manifest.config.retries?.default;
  // Without retry settings there is one attempt, of which only the trigger's own number is told.
  const maxAttempts = options.maxAttempts ?? (retries === undefined ? null : run.max_attempts);
  // What is undefined does not travel; parts that are there or not would give each run's object a shape of its own.
  return {
    task: { id: task.id, filePath: task.filePath },
    attempt: { number: run.attempt, startedAt: run.updated_at },
    run: {
      id: run.id,
      tags: run.tags,
      isTest: run.is_test,
      isReplay: run.replay_of !== null,
      createdAt: run.created_at,
      startedAt: run.started_at ?? run.updated_at,
      version: deployment.version,
      priority: run.priority_ms / 1000,
      idempotencyKey: options.idempotencyKey,
      idempotencyKeyScope: options.idempotencyKeyScope,
      maxAttempts: maxAttempts ?? undefined,
      maxDuration: run.max_duration ?? undefined,
      region: options.region,
      parentTaskRunId: run.parent_id ?? undefined,
      rootTaskRunId: run.root_id ?? undefined,
    },
    queue: { id: `queue_${run.queue}`, name: run.queue },
    environment: {
      id: env.id,
      slug: env.slug,
      type: env.type,
      branchName: env.branch,
      git: env.branch === undefined ? undefined : deployment.git,
    },
    organization: { id: env.project.id, slug: env.project.ref, name: env.project.name },
    project: { id: env.project.id, ref: env.project.ref, slug: env.project.ref, name: env.project.name },
    machine: { name: machine, cpu: preset.cpu, memory: preset.memory, centsPerMs: 0 },
    batch: run.batch_id === null ? undefined : { id: run.batch_id },
    deployment: {
      id: deployment.id,
      shortCode: deployment.version,
      version: deployment.version,
      runtime: "node",
      runtimeVersion: process.versions.node,
      git: deployment.git,
    },
  };
}
