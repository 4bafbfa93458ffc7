import type { TaskRunError } from "@/lib/contracts/error";
import { describeError } from "@/lib/contracts/error";
import type { Packet, RunDetail, RunRow } from "@/lib/contracts/run";
import type { ScheduleRow } from "@/lib/contracts/schedule";
import { legacyStatus, statusFlags } from "@/lib/contracts/status";
import { deeperThan } from "@/lib/values/json-depth";
import { decodePlain } from "@/lib/values/packet";
import type { RunExtras } from "../../engine/reads/extras";
import type { Engine } from "../../engine/engine";
import type { ApiRequest } from "../context";
import type { Issuer } from "../issuer";
import { wireScheduleOfRun } from "./schedule";

/** Which names a client reads: those that do not send `x-trigger-api-version` know the old ones. */
type Names = "current" | "legacy";
const namesFor = (c: ApiRequest): Names => (c.req.header("x-trigger-api-version") === undefined ? "legacy" : "current");

/** For whom runs are written: the names that it knows, and what kind of task an id is. */
interface Reader {
  names: Names;
  kindOf: (task: string) => "STANDARD" | "SCHEDULED";
}
export const readerOf = (engine: Engine, c: ApiRequest): Reader => ({
  names: namesFor(c),
  kindOf: (task) => (engine.deployments.task(task)?.isScheduled === true ? "SCHEDULED" : "STANDARD"),
});

/**
 * Fields that list items, retrieved runs and related runs share. What a run does not have is left out, never null:
 * the published client turns a null date into 1970.
 */
export function commonFields(run: RunRow, extras: RunExtras | undefined, { names, kindOf }: Reader) {
  const metadata = parseObject(extras?.metadata ?? null);
  return {
    id: run.id,
    status: names === "current" ? run.status : legacyStatus[run.status],
    taskIdentifier: run.task,
    taskKind: kindOf(run.task),
    ...statusFlags(run.status),
    isTest: run.isTest,
    createdAt: run.createdAt,
    updatedAt: run.updatedAt,
    tags: run.tags,
    costInCents: 0,
    baseCostInCents: 0,
    durationMs: run.usageMs,
    ...(run.startedAt !== undefined && { startedAt: run.startedAt }),
    ...(run.finishedAt !== undefined && { finishedAt: run.finishedAt }),
    ...(run.delayUntil !== undefined && { delayedUntil: run.delayUntil }),
    ...(run.status === "EXPIRED" && run.finishedAt !== undefined && { expiredAt: run.finishedAt }),
    ...(run.deployment !== undefined && { version: run.deployment }),
    ...(extras?.options.ttl !== undefined && { ttl: extras.options.ttl }),
    ...(extras?.options.idempotencyKey !== undefined && { idempotencyKey: extras.options.idempotencyKey }),
    ...(extras?.options.region !== undefined && { region: extras.options.region }),
    ...(metadata !== null && { metadata }),
  };
}

function relatedRun(run: RunRow, extras: RunExtras | undefined, reader: Reader) {
  return {
    ...commonFields(run, extras, reader),
    depth: run.depth,
    triggerFunction: extras?.options.triggerFunction ?? "trigger",
    ...(run.batchId !== undefined && { batchId: run.batchId }),
  };
}

export function retrievedRun(options: {
  detail: RunDetail;
  relations: readonly RunRow[];
  extras: ReadonlyMap<string, RunExtras>;
  reader: Reader;
  issuer: Pick<Issuer, "packetUrl">;
  /** The one that made it, if it is still there. */
  schedule: ScheduleRow | null;
}) {
  const { detail, relations, extras, reader, issuer, schedule } = options;
  const related = (run: RunRow | undefined) => (run === undefined ? undefined : relatedRun(run, extras.get(run.id), reader));
  const root = related(relations.find((run) => run.id === detail.rootId));
  const parent = related(relations.find((run) => run.id === detail.parentId));
  const children = relations.filter((run) => run.parentId === detail.id).map((run) => relatedRun(run, extras.get(run.id), reader));
  return {
    ...commonFields(detail, extras.get(detail.id), reader),
    depth: detail.depth,
    triggerFunction: detail.triggerFunction,
    attemptCount: detail.attempt,
    attempts: [],
    relatedRuns: { ...(root !== undefined && { root }), ...(parent !== undefined && { parent }), ...(children.length > 0 && { children }) },
    ...(detail.batchId !== undefined && { batchId: detail.batchId }),
    ...(schedule !== null && { schedule: wireScheduleOfRun(schedule) }),
    ...packetField("payload", { data: detail.payload, dataType: detail.payloadType }, issuer),
    ...(detail.status === "COMPLETED" && packetField("output", { data: detail.output, dataType: detail.outputType }, issuer)),
    ...(detail.fullError !== undefined && { error: wireError(detail.fullError) }),
  };
}

/** Content as plain JSON, or an address to fetch it from when it is kept in the packet store. */
function packetField(name: "payload" | "output", packet: Packet, issuer: Pick<Issuer, "packetUrl">): Record<string, unknown> {
  if (packet.dataType === "application/store" && packet.data !== null)
    return { [`${name}PresignedUrl`]: issuer.packetUrl("GET", packet.data) };
  const value = readPlain(packet);
  return value === undefined ? {} : { [name]: value };
}

/** Deeper values than this cannot be written as JSON again without exhausting the stack. */
const deepest = 1000;

/** Text that its type does not fit, or that nests endlessly, is still the caller's text. */
export function readPlain(packet: Packet): unknown {
  if (packet.data !== null && deeperThan(packet.data, deepest)) return packet.data;
  try {
    return decodePlain(packet);
  } catch {
    return packet.data ?? undefined;
  }
}

function wireError(error: TaskRunError) {
  const { name, message } = describeError(error);
  const stackTrace = "stackTrace" in error ? error.stackTrace : undefined;
  return { message, ...(name !== undefined && { name }), ...(stackTrace !== undefined && { stackTrace }) };
}

export function parseObject(text: string | null): Record<string, unknown> | null {
  if (text === null) return null;
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}
