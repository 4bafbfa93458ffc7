import type { BatchRow } from "../../engine/reads/batches";

/** `GET /api/v1/batches/:id`. */
export function wireBatchV1(batch: BatchRow) {
  return {
    id: batch.id,
    status: batch.status,
    createdAt: batch.createdAt,
    updatedAt: batch.updatedAt,
    runCount: batch.runCount,
    runs: batch.runs,
    ...(batch.idempotencyKey !== undefined && { idempotencyKey: batch.idempotencyKey }),
  };
}

/** `GET /api/v2/batches/:id`: `processing` must be there for the published client. */
export function wireBatch(batch: BatchRow) {
  return { ...wireBatchV1(batch), processing: { ...(batch.completedAt !== undefined && { completedAt: batch.completedAt }), errors: batch.errors } };
}
