import type { TaskManifest } from "@/lib/contracts/task";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { parseKeyTtl } from "@/lib/time/duration";
import type { Packet } from "@/lib/contracts/run";
import type { PacketStore } from "../db/packets";
import type { Engine } from "../engine/engine";
import { EngineError } from "../engine/error";
import type { Logger } from "../log";
import { authorize } from "./authorize";
import { describe } from "./body";
import { payloadIssues } from "./payload-schema";
import type { Principal } from "./principal";

/** The task as it would run; null when it is unknown, of which the engine tells the caller. */
export function taskFor(engine: Engine, taskId: string, options: TriggerOptions): TaskManifest | null {
  if (options.lockToVersion === undefined) return engine.deployments.task(taskId);
  return engine.deployments.get(options.lockToVersion)?.manifest.tasks.find((task) => task.id === taskId) ?? null;
}

/** An unreadable lifetime is ignored upstream and in the engine; here the caller hears of it. */
export function checkKeyTtl(ttl: string | undefined, path: string): void {
  if (ttl === undefined || parseKeyTtl(ttl) !== null) return;
  const message = `${JSON.stringify(ttl.slice(0, 60))} is not one number and a unit of s, m, h or d, such as "24h"`;
  throw new EngineError(422, `${path}: ${message}.`, { param: path, issues: [{ path, message }] });
}

/** What an uploaded packet holds: a run whose payload was never uploaded could not start. */
export async function storedContent(packets: PacketStore, packet: Packet): Promise<Packet> {
  if (packet.dataType !== "application/store" || packet.data === null) return packet;
  const stored = await packets.get(packet.data);
  if (stored !== null) return stored;
  const message = `nothing was uploaded under the storage path ${JSON.stringify(packet.data.slice(0, 100))}`;
  throw new EngineError(422, `payload: ${message}.`, { param: "payload", issues: [{ path: "payload", message }] });
}

export function checkPayload(task: TaskManifest, payload: Packet, log: Logger): void {
  const issues = payloadIssues(task, payload, log);
  if (issues.length === 0) return;
  throw new EngineError(422, `The payload does not fit the task "${task.id}": ${describe(issues)}.`, { code: "invalid_payload", param: "payload", issues });
}

/** What a token with a trigger scope may not choose, for it would reach beyond its task. */
export function checkPublicOptions(principal: Principal, task: TaskManifest | null, options: TriggerOptions): void {
  if (principal.kind !== "public") return;
  for (const name of ["parentRunId", "resumeParentOnCompletion", "lockToVersion"] as const) {
    if (options[name] !== undefined) throw new EngineError(403, `options.${name} cannot be set with a public access token.`, { code: "unauthorized", param: `options.${name}` });
  }
  if (options.queue !== undefined && options.queue.name !== task?.queue) authorize(principal, { action: "write", resources: [{ type: "queues", id: options.queue.name }] });
}
