import { createHash } from "node:crypto";
import type { Operation } from "@/lib/contracts/ipc";

const hash = (...parts: (string | null | undefined)[]): string => {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part ?? "\u0000").update("\u0001");
  return sum.digest("hex").slice(0, 24);
};

/**
 * What makes an operation the same one when the function runs again: what was asked, never when. Times are left out
 * (`wait.until(new Date(Date.now() + …))` gives another date in each run of the code), durations are in.
 */
export function fingerprintOf(operation: Operation, duration?: number): string {
  switch (operation.kind) {
    case "trigger":
    case "triggerAndWait":
      return `${operation.kind}${operation.kind === "trigger" && operation.adopted === true ? ":adopted" : ""}:${operation.task}:${hash(operation.payload.dataType, operation.payload.data, operation.options.idempotencyKey)}`;
    case "batchTrigger": {
      const items = operation.items.flatMap(({ task, payload, options }) => [task, payload.dataType, payload.data, options.idempotencyKey]);
      return `${operation.kind}:${operation.wait ? "wait" : operation.adopted === true ? "adopted" : "go"}:${operation.items.length}:${hash(operation.idempotencyKey, ...items)}`;
    }
    case "waitForRun":
      return `${operation.kind}:${operation.runId}`;
    case "waitForBatch":
      return `${operation.kind}:${operation.batchId}`;
    case "waitUntil":
      return `${operation.kind}:${duration ?? "date"}${operation.idempotencyKey === undefined ? "" : `:${operation.idempotencyKey}`}`;
    case "waitForToken":
      return `${operation.kind}:${operation.tokenId}`;
    case "createToken":
      return `${operation.kind}:${hash(operation.options.idempotencyKey, ...(operation.options.tags ?? []))}`;
    case "waitForInput":
    case "nextInput":
    case "hearInput":
      return `${operation.kind}:${operation.after}:${operation.streamId}`;
    case "sendInput":
      return `${operation.kind}:${operation.runId}:${hash(operation.streamId, operation.data)}`;
    case "completeToken":
      return `${operation.kind}:${operation.tokenId}:${hash(operation.output.dataType, operation.output.data)}`;
  }
}
