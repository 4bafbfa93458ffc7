import { createHash } from "node:crypto";
import type { TaskRunError } from "@/lib/contracts/error";
import { fingerprintOf } from "@/lib/errors/fingerprint";

/** Id of the group that an error of a task belongs to: the same wherever and whenever it is computed. */
export const errorIdOf = (task: string, error: TaskRunError): string =>
  `error_${createHash("sha256").update(fingerprintOf(task, error)).digest("hex").slice(0, 16)}`;
