import { z } from "zod";
import { limits } from "./limits";

export { machinePresets } from "./limits";
export const MachinePreset = z.enum(["micro", "small-1x", "small-2x", "medium-1x", "medium-2x", "large-1x", "large-2x"]);
export type MachinePreset = z.infer<typeof MachinePreset>;

/** vCPU and GB of memory of each preset. */
export type Machines = Readonly<Record<MachinePreset, { cpu: number; memory: number }>>;

export const RetryOptions = z.object({
  maxAttempts: z.number().int().min(1).max(250).optional(),
  factor: z.number().min(0).optional(),
  minTimeoutInMs: z.number().min(0).optional(),
  maxTimeoutInMs: z.number().min(0).optional(),
  randomize: z.boolean().optional(),
  outOfMemory: z.object({ machine: MachinePreset.optional() }).optional(),
});
export type RetryOptions = z.infer<typeof RetryOptions>;
/** Fill the gaps of any retry option that is given. Neither task nor config given: one attempt. */
export const retryDefaults = { maxAttempts: 3, factor: 2, minTimeoutInMs: 1000, maxTimeoutInMs: 60_000, randomize: true } as const;

/** The queue of a task is called `task/<id>`, which is longer than the id. */
export const maxQueueName = limits.nameLength + "task/".length;
export const QueueManifest = z.object({
  name: z.string().min(1).max(maxQueueName),
  concurrencyLimit: z.number().int().min(0).nullable(),
  /** Over all concurrency keys. */ totalConcurrencyLimit: z.number().int().min(0).optional(),
});
export type QueueManifest = z.infer<typeof QueueManifest>;

/** Names that authors give limits; the limit of one task alone is called `task/<id>`. */
export const limitName = /^[a-zA-Z0-9_-]{1,122}$/;
const bound = z.number().int().min(0).max(100_000).optional();
/** Runs at once of each concurrency key (those without one together), and of all. */
const ConcurrencyShape = z.object({ perKey: bound, total: bound });
const LimitManifest = ConcurrencyShape.extend({ name: z.string().regex(limitName) });

/** One task as found by indexing. `payloadSchema` is JSON Schema (from zod or `jsonSchema`), for forms alone. */
export const TaskManifest = z.object({
  id: z.string().min(1).max(128),
  filePath: z.string(),
  description: z.string().optional(),
  /** Queue the task's runs use unless the trigger names another: `task/<id>` or a shared name. */
  queue: z.string(),
  retry: RetryOptions.optional(),
  machine: MachinePreset.optional(),
  /** Seconds. */
  maxDuration: z.number().optional(),
  /** Duration string, or seconds; 0 opts out of the config's. */
  ttl: z.union([z.string(), z.number()]).optional(),
  payloadSchema: z.unknown().optional(),
  /** JSON Schema of `{ payload }` that refuses only what the task's own schema refuses for certain. */
  certainSchema: z.unknown().optional(),
  /** Payload offered first on the Test page: the export `examplePayload` of the task's file, or the schema's first example. */
  examplePayload: z.unknown().optional(),
  /** Made with `schedules.task`: schedules may be attached to it. */
  isScheduled: z.boolean().optional(),
  /** Limits that its runs hold while they execute: one of its own, and named ones. */
  concurrency: z.object({ inline: ConcurrencyShape.optional(), limits: z.array(z.string()).max(2).optional() }).optional(),
  /** The one that its code declares. */
  schedule: z
    .object({
      cron: z.string(),
      timezone: z.string().optional(),
      window: z.string().optional(),
      environments: z.array(z.string()).optional(),
    })
    .optional(),
});
export type TaskManifest = z.infer<typeof TaskManifest>;

/** What a bundle contains: the result of indexing it in a process of its own. */
export const BundleManifest = z.object({
  project: z.string(),
  tasks: z.array(TaskManifest),
  queues: z.array(QueueManifest),
  /** Limits that are declared by name. */
  limits: z.array(LimitManifest).optional(),
  config: z.object({
    maxDuration: z.number().optional(),
    ttl: z.union([z.string(), z.number()]).optional(),
    machine: MachinePreset.optional(),
    logLevel: z.enum(["none", "error", "warn", "info", "log", "debug"]).optional(),
    retries: z.object({ enabledInDev: z.boolean().optional(), default: RetryOptions.optional() }).optional(),
    isolation: z.enum(["shared", "process"]).optional(),
    /** Console lines of runs go to the process's own output, too. */
    enableConsoleLogging: z.boolean().optional(),
    /** Runs after which a shared process is replaced. */
    runsPerProcess: z.number().int().min(1).optional(),
    /** Shared processes at most, in development. */
    devProcesses: z.number().int().min(1).optional(),
  }),
  /** What the bundle asks for and does not get, a sentence each; said aloud with the version. */
  warnings: z.array(z.string()).optional(),
});
export type BundleManifest = z.infer<typeof BundleManifest>;

/** Why a project could not be bundled or indexed; shown in the terminal and on the dashboard while the last good version runs. */
export const BuildError = z.object({
  message: z.string(),
  file: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
});
export type BuildError = z.infer<typeof BuildError>;
