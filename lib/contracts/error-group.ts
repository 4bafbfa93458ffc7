import { z } from "zod";
import { TaskRunError } from "./error";
import { listOf } from "./list";
import { IsoDate } from "./run";

/** Failures that are the same: task, name and message of the error without what differs from run to run, and where it was thrown. */
export const errorStatuses = ["open", "regressed", "resolved", "ignored"] as const;
export const ErrorStatus = z.enum(errorStatuses);
export type ErrorStatus = z.infer<typeof ErrorStatus>;

export const ErrorRow = z.object({
  id: z.string(),
  task: z.string(),
  name: z.string().optional(),
  message: z.string(),
  status: ErrorStatus,
  count: z.number().int(),
  firstSeen: IsoDate,
  lastSeen: IsoDate,
  firstVersion: z.string().optional(),
  lastVersion: z.string().optional(),
  lastRun: z.string(),
  changedBy: z.string().optional(),
  changedAt: IsoDate.optional(),
  resolvedVersion: z.string().optional(),
  /** What opens an ignored one again: a time, a total count, occurrences per minute. */
  ignoredUntil: IsoDate.optional(),
  ignoredCount: z.number().int().optional(),
  ignoredRate: z.number().int().optional(),
  ignoredReason: z.string().optional(),
});
export type ErrorRow = z.infer<typeof ErrorRow>;

/** GET /api/dashboard/errors?status=open&task=…&version=…&hours=168&search=…&cursor=…: those seen in the last hours, the last seen first. */
export const ErrorsQuery = z.object({
  status: listOf(ErrorStatus).optional(),
  task: listOf(z.string()).optional(),
  version: z.string().optional(),
  search: z.string().max(200).optional(),
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(24 * 90)
    .default(168),
  cursor: z.string().optional(),
});
export type ErrorsQuery = z.infer<typeof ErrorsQuery>;
/** `trend`: occurrences in as many equal parts of the time, oldest first; `inPeriod` is their sum. */
export const ListedError = ErrorRow.extend({ inPeriod: z.number().int(), trend: z.array(z.number().int()) });
export type ListedError = z.infer<typeof ListedError>;
export const ErrorsPage = z.object({
  errors: z.array(ListedError),
  next: z.string().optional(),
  tasks: z.array(z.string()),
  versions: z.array(z.string()),
});
export type ErrorsPage = z.infer<typeof ErrorsPage>;

/** GET /api/dashboard/errors/:id?hours=168 */
export const ErrorDetail = z.object({
  error: ErrorRow,
  /** Of its newest run that is still stored, else of the first. */
  sample: TaskRunError,
  sampleRun: z.string().optional(),
  stepHours: z.number().int(),
  /** From the first step of the time to the present one. */
  points: z.array(z.object({ at: IsoDate, count: z.number().int() })),
  versions: z.array(z.object({ version: z.string(), count: z.number().int(), lastSeen: IsoDate })),
  /** Of its newest runs, the most frequent first. */
  tags: z.array(z.object({ tag: z.string(), count: z.number().int() })),
});
export type ErrorDetail = z.infer<typeof ErrorDetail>;

/** POST /api/v1/errors/:id/resolve */
export const ErrorResolveBody = z.strictObject({ resolvedInVersion: z.string().max(64).optional() });
/** POST /api/v1/errors/:id/ignore; `duration` in ms, `occurrenceRate` per minute, `totalOccurrences` from now on. Nothing: for good. */
export const ErrorIgnoreBody = z.strictObject({
  duration: z
    .number()
    .int()
    .min(1)
    .max(10 * 365 * 86_400_000)
    .optional(),
  occurrenceRate: z.number().min(0).max(1_000_000).optional(),
  totalOccurrences: z.number().int().min(1).max(1_000_000_000).optional(),
  reason: z.string().trim().max(500).optional(),
});
export type ErrorIgnoreBody = z.infer<typeof ErrorIgnoreBody>;
