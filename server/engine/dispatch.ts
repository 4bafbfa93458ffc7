import type { Assignment, TaskContext } from "@/lib/contracts/ipc";
import { machinePresets, type TaskManifest } from "@/lib/contracts/task";
import { decodeText } from "../db/text";
import { freeSlot, type Engine } from "./engine";
import { resolvePacket } from "./packets";
import { parkForVersion } from "./pending-version";
import { readOptions, type RunOptions } from "./run-options";
import type { StoredRun } from "./run-row";
import type { Deployment } from "./deployments";

/** The cold part of a run that a worker needs, as stored. */
export interface ColdRun {
  payload: string | null;
  payload_type: string;
  metadata: string | null;
  options: string;
}

/** Hands a run that has been started (committed as EXECUTING or DEQUEUED, slot held) to a worker. */
export function dispatch(engine: Engine, run: StoredRun, cold: ColdRun, resumed?: { from: NonNullable<Assignment["resume"]>; traceSeq: number }): void {
  const deployment = engine.deployments.get(run.deployment ?? "") ?? engine.deployments.current();
  const task = deployment?.manifest.tasks.find((candidate) => candidate.id === run.task);
  if (deployment === null || task === undefined) {
    void parkForVersion(engine, run);
    return;
  }
  engine.live.set(run.id, {
    id: run.id,
    epoch: run.epoch,
    attempt: run.attempt,
    stored: run,
    traceSeq: resumed?.traceSeq ?? engine.live.get(run.id)?.traceSeq ?? 0,
    operated: resumed !== undefined,
    open: new Set(resumed?.from.journal.filter((entry) => entry.outcome === undefined).map((entry) => entry.seq)),
  });
  const isolate = run.status === "DEQUEUED";
  const send = (payload: Assignment["payload"]) => {
    if (engine.executor === null || engine.live.get(run.id)?.epoch !== run.epoch) return;
    engine.executor.assign(
      {
        runId: run.id,
        epoch: run.epoch,
        ctx: contextOf(engine, run, { task, deployment, options: readOptions(cold.options) }),
        payload,
        metadata: cold.metadata === null ? null : decodeText(cold.metadata),
        env: {},
        api: engine.api(),
        ...(run.max_duration !== null && { maxDuration: run.max_duration }),
        ...(resumed !== undefined && { resume: resumed.from }),
      },
      { deployment, isolate, ...(isolate && run.machine !== null && { machine: run.machine }) },
    );
  };
  const packet = { data: cold.payload === null ? null : decodeText(cold.payload), dataType: cold.payload_type };
  if (packet.dataType !== "application/store") return send(packet);
  // Only large payloads take a turn through the packet store.
  void resolvePacket(engine.packets, packet).then(send, (error: unknown) => {
    engine.log.error("a payload is missing from the packet store", { run: run.id, error: String(error) });
    engine.live.delete(run.id);
    freeSlot(engine, run.id);
  });
}

function contextOf(engine: Engine, run: StoredRun, of: { task: TaskManifest; deployment: Deployment; options: RunOptions }): TaskContext {
  const { task, deployment, options } = of;
  const { env } = engine;
  const machine = run.machine ?? deployment.manifest.config.machine ?? "small-1x";
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
      ...(options.idempotencyKey !== undefined && { idempotencyKey: options.idempotencyKey }),
      ...(options.idempotencyKeyScope !== undefined && { idempotencyKeyScope: options.idempotencyKeyScope }),
      ...(options.maxAttempts !== undefined && { maxAttempts: options.maxAttempts }),
      ...(run.max_duration !== null && { maxDuration: run.max_duration }),
      ...(run.parent_id !== null && { parentTaskRunId: run.parent_id }),
      ...(run.root_id !== null && { rootTaskRunId: run.root_id }),
    },
    queue: { id: `queue_${run.queue}`, name: run.queue },
    environment: { id: env.id, slug: env.slug, type: env.type },
    organization: { id: env.project.id, slug: env.project.ref, name: env.project.name },
    project: { id: env.project.id, ref: env.project.ref, slug: env.project.ref, name: env.project.name },
    machine: { name: machine, ...machinePresets[machine], centsPerMs: 0 },
    ...(run.batch_id !== null && { batch: { id: run.batch_id } }),
    deployment: { id: deployment.id, shortCode: deployment.version, version: deployment.version, runtime: "node", runtimeVersion: process.versions.node },
  };
}
