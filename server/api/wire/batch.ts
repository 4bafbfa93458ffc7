import type { BatchRow } from "../../engine/reads/batches";
import type { ApiRequest } from "../context";

/** Clients before 4.3.1 know two statuses, and throw at any other. */
function isOlderClient(version: string | undefined): boolean {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version ?? "");
  if (parts === null) return false;
  const [, major = 0, minor = 0, patch = 0] = parts.map(Number);
  return major < 4 || (major === 4 && (minor < 3 || (minor === 3 && patch < 1)));
}
const statusFor = (c: ApiRequest, { status }: BatchRow): BatchRow["status"] => {
  if (!isOlderClient(c.req.header("trigger-version"))) return status;
  return status === "PENDING" || status === "PROCESSING" ? "PENDING" : "COMPLETED";
};

/** `GET /api/v1/batches/:id`. */
export function wireBatchV1(c: ApiRequest, batch: BatchRow) {
  return {
    id: batch.id,
    status: statusFor(c, batch),
    createdAt: batch.createdAt,
    updatedAt: batch.updatedAt,
    runCount: batch.runCount,
    runs: batch.runs,
    ...(batch.idempotencyKey !== undefined && { idempotencyKey: batch.idempotencyKey }),
  };
}

/** `GET /api/v2/batches/:id`: `processing` must be there for the published client. */
export function wireBatch(c: ApiRequest, batch: BatchRow) {
  return {
    ...wireBatchV1(c, batch),
    processing: { ...(batch.completedAt !== undefined && { completedAt: batch.completedAt }), errors: batch.errors },
  };
}
