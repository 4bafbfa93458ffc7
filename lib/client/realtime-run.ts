import type { TaskRunError } from "@/lib/contracts/error";
import { describeError } from "@/lib/contracts/error";
import { realtimeStatus, runStatuses, statusFlags, type RunStatus } from "@/lib/contracts/status";
import { decodePacket } from "@/lib/values/packet";
import type { ShapeRow } from "./shape";

/** A run as realtime subscriptions give it to users. */
export interface RealtimeRunShape<Payload = unknown, Output = unknown, Id extends string = string> {
  id: string;
  taskIdentifier: Id;
  status: RunStatus;
  createdAt: Date;
  updatedAt: Date;
  startedAt?: Date;
  finishedAt?: Date;
  delayedUntil?: Date;
  queuedAt?: Date;
  expiredAt?: Date;
  ttl?: string;
  payload: Payload;
  output?: Output;
  metadata?: Record<string, unknown>;
  error?: { name?: string; message: string; stackTrace?: string };
  tags: string[];
  durationMs: number;
  costInCents: number;
  baseCostInCents: number;
  isTest: boolean;
  idempotencyKey?: string;
  realtimeStreams: string[];
  isQueued: boolean;
  isExecuting: boolean;
  isWaiting: boolean;
  isCompleted: boolean;
  isSuccess: boolean;
  isFailed: boolean;
  isCancelled: boolean;
}

/** Content of a packet that is in the store: its text and data type. */
export type FetchPacket = (packet: { runId: string; field: "payload" | "output" }) => Promise<{ data: string; dataType: string }>;

const statusOfRealtime = new Map(runStatuses.map((status) => [realtimeStatus[status], status]));
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const dateOf = (value: unknown): Date | undefined => (value instanceof Date ? value : undefined);
const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === "string") : []);
const known = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  // Fields without a value are left out, not undefined.
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };

export async function toRealtimeRun(row: ShapeRow, fetchPacket: FetchPacket): Promise<RealtimeRunShape> {
  const id = text(row["friendlyId"]) ?? "";
  const status = statusOfRealtime.get(text(row["status"]) ?? "") ?? "QUEUED";
  const [payload, output] = await Promise.all([valueOf(row, "payload", fetchPacket), valueOf(row, "output", fetchPacket)]);
  const metadata = text(row["metadata"]);
  const decoded =
    metadata === undefined ? undefined : decodePacket({ data: metadata, dataType: text(row["metadataType"]) ?? "application/json" });
  return {
    id,
    taskIdentifier: text(row["taskIdentifier"]) ?? "",
    status,
    createdAt: dateOf(row["createdAt"]) ?? new Date(0),
    updatedAt: dateOf(row["updatedAt"]) ?? new Date(0),
    payload,
    tags: textsOf(row["runTags"]),
    durationMs: numberOf(row["usageDurationMs"]),
    costInCents: numberOf(row["costInCents"]),
    baseCostInCents: numberOf(row["baseCostInCents"]),
    isTest: row["isTest"] === true,
    realtimeStreams: textsOf(row["realtimeStreams"]),
    ...known({
      startedAt: dateOf(row["startedAt"]),
      finishedAt: dateOf(row["completedAt"]),
      delayedUntil: dateOf(row["delayUntil"]),
      queuedAt: dateOf(row["queuedAt"]),
      expiredAt: dateOf(row["expiredAt"]),
      ttl: text(row["ttl"]),
      idempotencyKey: text(row["idempotencyKey"]),
      output,
      metadata: typeof decoded === "object" && decoded !== null ? { ...decoded } : undefined,
      error: errorOf(row["error"]),
    }),
    ...statusFlags(status),
  };
}

async function valueOf(row: ShapeRow, field: "payload" | "output", fetchPacket: FetchPacket): Promise<unknown> {
  const data = text(row[field]);
  const dataType = text(row[`${field}Type`]) ?? "application/json";
  if (data === undefined) return undefined;
  if (dataType !== "application/store") return decodePacket({ data, dataType });
  return decodePacket(await fetchPacket({ runId: text(row["friendlyId"]) ?? "", field }));
}

function errorOf(value: unknown): RealtimeRunShape["error"] | undefined {
  if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
  // The server sends what `TaskRunError` stored; `type` was checked.
  const error = value as TaskRunError;
  const stackTrace = "stackTrace" in error ? error.stackTrace : undefined;
  return { ...describeError(error), ...(stackTrace !== undefined && { stackTrace }) };
}
