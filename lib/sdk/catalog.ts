import type { HookFunctions, HookName } from "./hook-types";
import type { RetryOptions, MachinePreset } from "./options";
import type { ParsePayload, TaskSchema } from "./schema";
import type { ConcurrencyLimit, ConcurrencyShape, JSONSchema, QueueOptions } from "./types";

/** A task as the worker runs it, with the types of its payload and output forgotten. */
export interface RegisteredTask {
  id: string;
  description?: string | undefined;
  retry?: RetryOptions | undefined;
  queue?: Partial<QueueOptions> | undefined;
  concurrency?: { inline?: ConcurrencyShape | undefined; limits?: string[] | undefined } | undefined;
  machine?: MachinePreset | undefined;
  maxDuration?: number | undefined;
  ttl?: string | number | undefined;
  jsonSchema?: JSONSchema | undefined;
  schema?: TaskSchema | undefined;
  /** Made with `schedules.task`. */
  isScheduled?: boolean | undefined;
  schedule?: { cron: string; timezone?: string | undefined; window?: string | undefined; environments?: string[] | undefined } | undefined;
  parse?: ParsePayload | undefined;
  run: (payload: unknown, params: never) => unknown;
  hooks: Partial<HookFunctions>;
  /** Stack at the definition: names the file that defines the task. */
  definedAt: string;
}

export interface GlobalHook<Name extends HookName> {
  name?: string | undefined;
  fn: HookFunctions[Name];
}

// Module state on purpose: the worker and the user's bundle share this module, and tasks register themselves when imported.
const tasks = new Map<string, RegisteredTask>();
const duplicates: { id: string; definedAt: string[] }[] = [];
const queues = new Map<string, QueueOptions>();
const limits = new Map<string, ConcurrencyLimit>();
const globalHooks = new Map<HookName, GlobalHook<HookName>[]>();

export function registerTask(task: RegisteredTask): void {
  const other = tasks.get(task.id);
  if (other !== undefined) duplicates.push({ id: task.id, definedAt: [other.definedAt, task.definedAt] });
  tasks.set(task.id, task);
}

export function registerQueue(queue: QueueOptions): void {
  queues.set(queue.name, queue);
}

export function registerLimit(limit: ConcurrencyLimit): void {
  limits.set(limit.name, limit);
}

export function registerGlobalHook<Name extends HookName>(hook: Name, entry: GlobalHook<Name>): void {
  const known = globalHooks.get(hook);
  // A named hook that is registered again (from inside a run, say) takes the place of the former one.
  const at = entry.name === undefined ? -1 : (known?.findIndex(({ name }) => name === entry.name) ?? -1);
  if (known === undefined) globalHooks.set(hook, [entry]);
  else if (at !== -1) known[at] = entry;
  else if (!known.some(({ fn }) => fn === entry.fn)) known.push(entry);
}

export function globalHooksOf<Name extends HookName>(hook: Name): GlobalHook<Name>[] {
  // The map holds under each name only what registerGlobalHook put there, which is of that name.
  return (globalHooks.get(hook) ?? []) as GlobalHook<Name>[];
}

export const findTask = (id: string): RegisteredTask | undefined => tasks.get(id);
export const listTasks = (): RegisteredTask[] => [...tasks.values()];
export const listQueues = (): QueueOptions[] => [...queues.values()];
export const listLimits = (): ConcurrencyLimit[] => [...limits.values()];
export const duplicateTasks = (): readonly { id: string; definedAt: string[] }[] => duplicates;
