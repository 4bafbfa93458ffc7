// `any`: as in types.ts, tasks of every payload and output.
/* oxlint-disable typescript/no-explicit-any */
import type { InitOutput } from "./context";
import { registerQueue, registerTask, type RegisteredTask } from "./catalog";
import { eachItem, triggerBatch, triggerBatchAndWait } from "./batch";
import { readConcurrency } from "./concurrency";
import type { HookFunctions } from "./hook-types";
import { machinePresets, type MachinePreset } from "@/lib/contracts/task";
import { retryDefaults } from "@/lib/contracts/task";
import { parserOf, type ParsePayload, type TaskSchema } from "./schema";
import { rememberParser } from "./task-parser";
import { promised, triggerTask, triggerTaskAndSubscribe, triggerTaskAndWait } from "./trigger";
import type {
  BatchItem,
  CommonTaskOptions,
  Queue,
  QueueOptions,
  Task,
  TaskOptions,
  TaskOptionsWithSchema,
  TaskWithSchema,
  TaskWithSchemaOptions,
} from "./types";
import type { RetryOptions } from "./options";

type AnyOptions = CommonTaskOptions<string, any, any, any>;

const hookNames = [
  "init",
  "cleanup",
  "middleware",
  "onStart",
  "onStartAttempt",
  "onWait",
  "onResume",
  "onSuccess",
  "onFailure",
  "onComplete",
  "onCancel",
] as const;

function hooksOf(options: AnyOptions): Partial<HookFunctions> {
  const hooks: Partial<HookFunctions> = {};
  // Each option holds the hook of its own name; the loop cannot show that to the compiler.
  for (const name of hookNames) if (options[name] !== undefined) Object.assign(hooks, { [name]: options[name] });
  const catchError = options.catchError ?? options.handleError;
  return catchError === undefined ? hooks : { ...hooks, catchError };
}

/** `{cpu, memory}` means the smallest preset that has both. */
function presetOf(machine: AnyOptions["machine"]): MachinePreset | undefined {
  if (machine === undefined || typeof machine === "string") return machine;
  if (machine.preset !== undefined) return machine.preset;
  const { cpu = 0, memory = 0 } = machine;
  if (cpu === 0 && memory === 0) return undefined;
  const fitting = Object.entries(machinePresets).find(([, size]) => size.cpu >= cpu && size.memory >= memory);
  // Keys of the record are the presets.
  return (fitting?.[0] ?? "large-2x") as MachinePreset;
}

const fillRetry = (retry: RetryOptions): RetryOptions => ({ ...retryDefaults, ...retry });

export interface Definition {
  options: AnyOptions;
  parse?: ParsePayload | undefined;
  schema?: TaskSchema | undefined;
  schedule?: RegisteredTask["schedule"];
  isScheduled?: boolean;
}

export function defineTask({ options, parse, schema, schedule, isScheduled }: Definition): Task<string, any> {
  const { id, description, jsonSchema, retry, queue } = options;
  if (typeof id !== "string" || id === "") throw new TypeError("A task needs an id");
  if (typeof options.run !== "function") throw new TypeError(`Task "${id}" needs a run function`);
  registerTask({
    id,
    description,
    jsonSchema,
    schema,
    schedule,
    isScheduled,
    parse,
    run: options.run,
    retry: retry && fillRetry(retry),
    queue: typeof queue === "string" ? { name: queue } : queue,
    concurrency: readConcurrency(id, options.concurrency),
    machine: presetOf(options.machine),
    maxDuration: options.maxDuration,
    ttl: options.ttl,
    hooks: hooksOf(options),
    definedAt: new Error("defined").stack ?? "",
  });
  const item = ({ payload, options: own }: BatchItem<any>) => ({ task: id, payload, options: own, parse });
  return {
    id,
    description,
    jsonSchema,
    // The brand of handles and results exists in types only.
    trigger: (payload, own, requestOptions) =>
      triggerTask({ task: id, payload, options: own, requestOptions, parse }) as unknown as ReturnType<Task<string, any>["trigger"]>,
    batchTrigger: (items, own, requestOptions) =>
      triggerBatch(`${id}.batchTrigger`, eachItem(items, item), own, requestOptions) as unknown as ReturnType<
        Task<string, any>["batchTrigger"]
      >,
    triggerAndWait: (payload, own, requestOptions) =>
      promised(triggerTaskAndWait({ task: id, payload, options: own, requestOptions, parse }), id),
    triggerAndSubscribe: (payload, own) => promised(triggerTaskAndSubscribe({ task: id, payload, options: own, parse }), id),
    batchTriggerAndWait: (items, own) => triggerBatchAndWait(`${id}.batchTriggerAndWait`, eachItem(items, item), own),
  };
}

export function task<TId extends string, TOutput = unknown, TInit extends InitOutput = any>(
  options: TaskOptionsWithSchema<TId, TOutput, TInit>,
): Task<TId, any, TOutput>;
export function task<TId extends string, TInput = void, TOutput = unknown, TInit extends InitOutput = any>(
  options: TaskOptions<TId, TInput, TOutput, TInit>,
): Task<TId, TInput, TOutput>;
/** Defines a task. It registers itself when its module is imported; it need not be exported to be triggered by id. */
export function task(options: AnyOptions): Task<string, any> {
  return defineTask({ options });
}

/** A task whose payload is checked: when an instance triggers it, and again in the worker, where defaults and coercions apply. */
export function schemaTask<
  TId extends string,
  TSchema extends TaskSchema | undefined = undefined,
  TOutput = unknown,
  TInit extends InitOutput = any,
>(options: TaskWithSchemaOptions<TId, TSchema, TOutput, TInit>): TaskWithSchema<TId, TSchema, TOutput> {
  const { schema } = options;
  const parse = schema === undefined ? undefined : parserOf(schema);
  const made = defineTask({ options, parse, schema });
  if (parse !== undefined) rememberParser(made, parse);
  // defineTask forgets the literal id and the schema, which are put back here.
  return Object.assign(made, { schema }) as unknown as TaskWithSchema<TId, TSchema, TOutput>;
}

/** A queue that several tasks, or triggers by name, share. */
export function queue(options: QueueOptions): Queue {
  registerQueue(options);
  return options;
}
