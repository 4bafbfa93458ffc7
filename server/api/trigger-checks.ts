import type { TaskManifest } from "@/lib/contracts/task";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import type { Packet } from "@/lib/contracts/run";
import type { PacketStore } from "../db/packets";
import type { Engine } from "../engine/engine";
import { EngineError } from "../engine/error";
import { authorize } from "./authorize";
import type { Principal } from "./principal";

/** The task as it would run; null when it is unknown, of which the engine tells the caller. */
export function taskFor(engine: Engine, taskId: string, options: TriggerOptions): TaskManifest | null {
  if (options.lockToVersion === undefined) return engine.deployments.task(taskId);
  return engine.deployments.get(options.lockToVersion)?.manifest.tasks.find((task) => task.id === taskId) ?? null;
}

/** A run whose payload was never uploaded could not start. */
export async function checkStored(packets: PacketStore, packet: Packet): Promise<void> {
  if (packet.dataType !== "application/store" || packet.data === null) return;
  const stored = await packets.open(packet.data);
  stored?.stream.destroy();
  if (stored !== null) return;
  const message = `nothing was uploaded under the storage path ${JSON.stringify(packet.data.slice(0, 100))}`;
  throw new EngineError(422, `payload: ${message}.`, { param: "payload", issues: [{ path: "payload", message }] });
}

/** What a token with a trigger scope may not choose, for it would reach beyond its task. */
export function checkPublicOptions(principal: Principal, task: TaskManifest | null, options: TriggerOptions): void {
  if (principal.kind !== "public") return;
  for (const name of ["parentRunId", "resumeParentOnCompletion", "lockToVersion"] as const) {
    if (options[name] !== undefined) throw new EngineError(403, `options.${name} cannot be set with a public access token.`, { code: "unauthorized", param: `options.${name}` });
  }
  if (options.queue !== undefined && options.queue.name !== task?.queue) authorize(principal, { action: "write", resources: [{ type: "queues", id: options.queue.name }] });
}
