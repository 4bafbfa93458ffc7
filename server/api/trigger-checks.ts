import type { BatchItem, TriggerOptions } from "@/lib/contracts/trigger";
import { parseDue } from "@/lib/time/duration";
import type { Packet } from "@/lib/contracts/run";
import type { Uploads } from "../db/uploads";
import type { Engine } from "../engine/engine";
import { storedType } from "../engine/packets";
import { EngineError } from "../engine/error";
import { allows, authorize } from "./authorize";
import type { Principal } from "./principal";

/**
 * What was uploaded under the storage path that stands for the payload. The run gets the content: no later upload changes it, and no
 * name of another run's packet makes it this one's.
 */
export async function uploadedContent({ uploads }: { uploads: Uploads }, principal: Principal, packet: Packet): Promise<Packet> {
  if (packet.dataType !== storedType || packet.data === null) return packet;
  refuseUploadOf(principal);
  const content = await uploads.get(packet.data);
  if (content !== null) return content;
  const message = `nothing was uploaded under the storage path ${JSON.stringify(packet.data.slice(0, 100))}`;
  throw new EngineError(422, `payload: ${message}.`, { param: "payload", issues: [{ path: "payload", message }] });
}

/** Who may not upload has no upload of its own to name. */
function refuseUploadOf(principal: Principal): void {
  if (principal.kind === "public")
    throw new EngineError(403, "A public access token sends the payload itself; an uploaded one needs a secret key.", {
      code: "unauthorized",
      param: "options.payloadType",
    });
}

/** The same for the items of a batch. One whose upload is not there stays as it is: the engine refuses it and keeps its place. */
export async function* withUploads(
  context: { uploads: Uploads },
  principal: Principal,
  items: readonly BatchItem[],
): AsyncGenerator<BatchItem[]> {
  let part: BatchItem[] = [];
  let bytes = 0;
  for (const item of items) {
    const { payload, options } = item;
    const isStored = options?.payloadType === storedType && typeof payload === "string";
    if (isStored) refuseUploadOf(principal);
    const content = isStored ? await context.uploads.get(payload) : null;
    part.push(content === null ? item : { ...item, payload: content.data, options: { ...options, payloadType: content.dataType } });
    bytes += content === null ? 0 : content.data.length;
    if (bytes < partBytes) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}

/** Uploads of one batch that are in memory at a time. */
const partBytes = 4 * 1024 * 1024;

/** A run that starts later than this may start long after the token that made it has ended. */
const longestPublicDelayMs = 24 * 3_600_000;

/** For how a run is told apart, and what it is given. What decides how much it may take is for the task's author to say. */
const publicOptions: ReadonlySet<string> = new Set<keyof TriggerOptions>([
  "payloadType",
  "payloadSize",
  "metadata",
  "metadataType",
  "tags",
  "idempotencyKey",
  "idempotencyKeyTTL",
  "idempotencyKeyOptions",
  "concurrencyKey",
  "queue",
  "delay",
  "ttl",
  "region",
  "debounce",
]);
/** These reach beyond the task, whatever the token may do with that. */
const reachingOptions = new Set<string>([
  "parentRunId",
  "resumeParentOnCompletion",
  "lockToVersion",
  "externalDeploymentId",
] satisfies (keyof TriggerOptions)[]);

/** Options of a trigger by a public token. `write:tasks:<id>` says that all of the task's runs are the holder's to shape; `trigger` says less. */
export function checkPublicOptions(engine: Engine, principal: Principal, id: string, options: TriggerOptions): void {
  if (principal.kind !== "public") return;
  const mayAll = allows(principal, { action: "write", resources: [{ type: "tasks", id }] });
  const refuse = (name: string, what: string) => {
    throw new EngineError(403, `options.${name} ${what}.`, { code: "unauthorized", param: `options.${name}` });
  };
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (reachingOptions.has(name)) refuse(name, "cannot be set with a public access token");
    if (!mayAll && !publicOptions.has(name))
      refuse(name, `cannot be set with a public access token that may only trigger; it needs the scope write:tasks:${id}`);
  }
  const now = engine.clock.now();
  for (const [name, delay] of [
    ["delay", options.delay],
    ["debounce.delay", options.debounce?.delay],
  ] as const) {
    const due = delay === undefined ? null : parseDue(delay, now);
    if (!mayAll && due !== null && due.getTime() > now + longestPublicDelayMs)
      refuse(name, `may be at most 24 hours with a public access token that may only trigger; more needs the scope write:tasks:${id}`);
  }
  if (options.queue !== undefined && options.queue.name !== engine.deployments.task(id)?.queue)
    authorize(principal, { action: "write", resources: [{ type: "queues", id: options.queue.name }] });
}
