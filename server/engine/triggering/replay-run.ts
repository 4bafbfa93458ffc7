import type { ReplayBody, TriggerOptions } from "@/lib/contracts/trigger";
import type { MachinePreset } from "@/lib/contracts/task";
import type { Packet } from "@/lib/contracts/run";
import { decodeText } from "../../db/text";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { payloadPacket, PacketMissing, resolvePacket } from "../packets";
import type { TriggerRequest } from "./prepare-run";
import { readOptions } from "./run-options";
import { trigger } from "./trigger";

interface Original {
  id: string;
  task: string;
  tags: string[];
  queue: string;
  concurrency_key: string | null;
  machine: MachinePreset | null;
  is_test: boolean;
  payload: string | null;
  payload_type: string;
  seed_metadata: string | null;
  options: string;
}

/**
 * A new run like this one: payload, metadata as given at trigger, tags, queue if it still exists, concurrency key, machine,
 * region and test flag. `requestKey`: the same one answers the same run. Not its idempotency key, TTL, delay, attempts or priority. `body` replaces any of it.
 */
export async function replayRun(
  engine: Engine,
  runId: string,
  { body, by, requestKey, bulk }: { body: ReplayBody; by: string; requestKey?: string; bulk?: TriggerRequest["bulk"] },
): Promise<{ id: string }> {
  const [run] = await engine.db.query<Original>(
    `select r.id, r.task, r.tags, r.queue, r.concurrency_key, r.machine, r.is_test, d.payload, d.payload_type, d.seed_metadata, d.options
       from run r join run_data d on d.run_id = r.id where r.id = $1 and r.env_id = $2`,
    [runId, engine.env.id],
  );
  if (run === undefined) throw new EngineError(404, `Run ${runId} not found.`);
  const stored: Packet = { data: run.payload === null ? null : decodeText(run.payload), dataType: run.payload_type };
  const payload = body.payload === undefined ? await storedPayload(engine, stored) : payloadPacket(body.payload, body.payloadType);
  const machine = body.machine ?? run.machine;
  const { concurrency } = readOptions(run.options);
  const region = body.region ?? readOptions(run.options).region;
  const queue = body.queue ?? (engine.scheduler.hasQueue(run.queue) ? run.queue : undefined);
  const options: TriggerOptions = {
    tags: body.tags ?? run.tags,
    test: run.is_test,
    ...(queue !== undefined && { queue: { name: queue } }),
    ...((body.concurrencyKey ?? run.concurrency_key) !== null && { concurrencyKey: body.concurrencyKey ?? run.concurrency_key ?? "" }),
    ...(concurrency?.every((name) => engine.scheduler.hasLimit(name)) === true && { concurrency }),
    ...(machine !== null && { machine }),
    ...(body.metadata !== undefined
      ? { metadata: body.metadata, ...(body.metadataType !== undefined && { metadataType: body.metadataType }) }
      : run.seed_metadata !== null && { metadata: decodeText(run.seed_metadata) }),
    ...(region !== undefined && { region }),
    ...(body.version !== undefined && { lockToVersion: body.version }),
    ...(body.delay !== undefined && { delay: body.delay }),
    ...(body.ttl !== undefined && { ttl: body.ttl }),
    ...(body.idempotencyKey !== undefined && { idempotencyKey: body.idempotencyKey }),
    ...(body.idempotencyKeyTTL !== undefined && { idempotencyKeyTTL: body.idempotencyKeyTTL }),
    ...(body.maxAttempts !== undefined && { maxAttempts: body.maxAttempts }),
    ...(body.maxDuration !== undefined && { maxDuration: body.maxDuration }),
    ...(body.priority !== undefined && { priority: body.priority }),
  };
  const receipt = await trigger(engine, {
    task: run.task,
    payload,
    options,
    replayOf: run.id,
    by,
    ...(bulk !== undefined && { bulk }),
    ...(requestKey !== undefined && { requestKey: `replay ${run.id} ${requestKey}` }),
  });
  return { id: receipt.id };
}

async function storedPayload(engine: Engine, packet: Packet): Promise<Packet> {
  try {
    return await resolvePacket(engine.packets, packet);
  } catch (error) {
    if (!(error instanceof PacketMissing)) throw error;
    throw new EngineError(422, "The payload of this run is not stored any more. Replay it with a payload.", { param: "payload" });
  }
}
