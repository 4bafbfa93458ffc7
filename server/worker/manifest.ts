import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { limits } from "@/lib/contracts/limits";
import { BundleManifest, type QueueManifest, type TaskManifest } from "@/lib/contracts/task";
import { duplicateTaskIds, listQueues, listTasks, type RegisteredTask } from "@trigger.dev/sdk/internal";
import type { BundleModule } from "./bundle";
import { certainSchemaOf } from "./certain-schema";
import { exampleOf, jsonSchemaOf } from "./json-schema";

/** What a bundle contains, as its tasks have registered themselves. Throws with what is wrong and where. */
export function describeBundle({ config, files }: BundleModule, cwd: string): BundleManifest {
  const tasks = listTasks();
  checkNames(tasks);
  const fileOf = filesOfTasks(files, tasks);
  const [duplicate] = duplicateTaskIds();
  if (duplicate !== undefined) throw new Error(`Two tasks have the id "${duplicate}"${inFiles(fileOf.get(duplicate) ?? [])}: give each its own`);
  const manifest: BundleManifest = {
    project: config?.project ?? process.env["TRIGGER_PROJECT_REF"] ?? "",
    tasks: tasks.map((task) => describeTask(task, { path: fileOf.get(task.id)?.[0] ?? definedIn(task.definedAt, cwd), example: exampleIn(files, fileOf, task.id) })),
    queues: queuesOf(tasks),
    config: {
      ...(config?.maxDuration !== undefined && { maxDuration: config.maxDuration }),
      ...(config?.ttl !== undefined && { ttl: config.ttl }),
      ...(config?.machine !== undefined && { machine: config.machine }),
      ...(config?.logLevel !== undefined && { logLevel: config.logLevel }),
      ...(config?.retries !== undefined && { retries: config.retries }),
      ...(config?.isolation !== undefined && { isolation: config.isolation }),
    },
  };
  const checked = BundleManifest.safeParse(manifest);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const at = issue?.path[0] === "tasks" && typeof issue.path[1] === "number" ? ` of task "${tasks[issue.path[1]]?.id}"` : "";
  throw new Error(`${issue?.path.slice(at === "" ? 0 : 2).join(".")}${at} is not valid: ${issue?.message}`);
}

function describeTask(task: RegisteredTask, { path, example }: { path: string; example: unknown }): TaskManifest {
  const payloadSchema = task.jsonSchema ?? (task.schema && jsonSchemaOf(task.schema));
  const certainSchema = task.schema && certainSchemaOf(task.schema);
  const examplePayload = example ?? exampleOf(payloadSchema);
  return {
    id: task.id,
    filePath: path,
    queue: queueName(task),
    ...(task.description !== undefined && { description: task.description }),
    ...(task.retry !== undefined && { retry: task.retry }),
    ...(task.machine !== undefined && { machine: task.machine }),
    ...(task.maxDuration !== undefined && { maxDuration: task.maxDuration }),
    ...(task.ttl !== undefined && { ttl: task.ttl }),
    ...(payloadSchema !== undefined && { payloadSchema }),
    ...(certainSchema !== undefined && { certainSchema }),
    ...(examplePayload !== undefined && { examplePayload: JSON.parse(JSON.stringify(examplePayload)) as unknown }),
    ...(task.schedule !== undefined && { schedule: task.schedule }),
  };
}

/** As it is written: two names are two queues, whatever letters they have. */
const queueName = (task: RegisteredTask): string => task.queue?.name ?? `task/${task.id}`;

/** Ids and names stand in rows, indexes and addresses as they are. */
function checkNames(tasks: readonly RegisteredTask[]): void {
  for (const { id, queue } of tasks) {
    checkName(`The id of the task ${JSON.stringify(id)}`, id);
    if (queue?.name !== undefined) checkName(`The queue of the task ${JSON.stringify(id)}`, queue.name);
  }
  for (const { name } of listQueues()) checkName(`The name of the queue ${JSON.stringify(name)}`, name);
}

function checkName(what: string, name: string): void {
  if (name === "" || name.length > limits.nameLength) throw new Error(`${what} must have 1 to ${limits.nameLength} characters; it has ${name.length}`);
  // oxlint-disable-next-line no-control-regex -- these are what it looks for
  if (/[\0-\u001f\u007f]|\p{Surrogate}/u.test(name)) throw new Error(`${what} may not contain control characters or unpaired surrogates`);
}

function queuesOf(tasks: readonly RegisteredTask[]): QueueManifest[] {
  const limits = new Map<string, number | null>();
  const note = (name: string, limit: number | undefined) => {
    // The first limit that is given counts; a later mention by name alone does not lift it.
    if (limits.get(name) === undefined || limits.get(name) === null) limits.set(name, limit ?? null);
  };
  for (const queue of listQueues()) note(queue.name, queue.concurrencyLimit);
  for (const task of tasks) note(queueName(task), task.queue?.concurrencyLimit);
  return [...limits].map(([name, concurrencyLimit]) => ({ name, concurrencyLimit }));
}

/** Files by the id of the tasks they export. */
function filesOfTasks(files: BundleModule["files"], tasks: readonly RegisteredTask[]): Map<string, string[]> {
  const ids = new Set(tasks.map(({ id }) => id));
  const found = new Map<string, string[]>();
  for (const { path, exports } of files) {
    const here = new Set(Object.values(exports).filter(isTask).map(({ id }) => id));
    for (const id of here) if (ids.has(id)) found.set(id, [...(found.get(id) ?? []), path]);
  }
  return found;
}

const isTask = (value: unknown): value is { id: string } => typeof value === "object" && value !== null && "trigger" in value && "id" in value && typeof value.id === "string";

/** The export `examplePayload` of a file is for its task, when it has but one. */
function exampleIn(files: BundleModule["files"], fileOf: Map<string, string[]>, id: string): unknown {
  const [path] = fileOf.get(id) ?? [];
  const file = files.find((candidate) => candidate.path === path);
  if (file === undefined) return undefined;
  const tasksHere = new Set(Object.values(file.exports).filter(isTask).map((task) => task.id));
  return tasksHere.size === 1 ? file.exports["examplePayload"] : undefined;
}

const inFiles = (paths: readonly string[]): string => (paths.length === 0 ? "" : ` (${[...new Set(paths)].join(", ")})`);

/** The file of a task that no module exports, from the stack of its definition: the first frame outside of the SDK. */
export function definedIn(stack: string, cwd: string): string {
  for (const line of stack.split("\n").slice(1)) {
    const location = /\(?((?:file:\/\/)?\/[^()]+?):\d+:\d+\)?$/.exec(line.trim())?.[1];
    if (location === undefined || /[\\/](dist|lib)[\\/]sdk[\\/]/.test(location)) continue;
    const path = location.startsWith("file://") ? fileURLToPath(location) : location;
    return relative(cwd, path).split(sep).join("/");
  }
  return "";
}
