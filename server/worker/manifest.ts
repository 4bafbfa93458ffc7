import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { limits } from "@/lib/contracts/limits";
import { BundleManifest, type QueueManifest, type TaskManifest } from "@/lib/contracts/task";
import { duplicateTasks, listLimits, listQueues, listTasks, type RegisteredTask } from "@trigger.dev/sdk/internal";
import type { BundleModule } from "./bundle";
import { certainSchemaOf } from "./certain-schema";
import { exampleOf, jsonSchemaOf } from "./json-schema";

/** What a bundle contains, as its tasks have registered themselves. Throws with what is wrong and where. */
export function describeBundle({ config, files, absent }: BundleModule, cwd: string): BundleManifest {
  const tasks = listTasks();
  checkNames(tasks);
  const homeOf = (id: string, definedAt: string) => homeOfTask({ id, definedAt, files, cwd });
  const [duplicate] = duplicateTasks();
  if (duplicate !== undefined) {
    const homes = [...new Set(duplicate.definedAt.map((stack) => homeOf(duplicate.id, stack)))];
    throw new Error(
      `Two tasks have the id "${duplicate.id}" (${homes.length === 1 ? `both in ${homes[0]}` : homes.join(", ")}): give each its own`,
    );
  }
  const homes = new Map(tasks.map(({ id, definedAt }) => [id, homeOf(id, definedAt)]));
  checkLimits(tasks);
  const warnings = absent.map(
    (name) => `${name} is not available yet in Signalbox: what it defines throws when it is used, and does nothing by itself`,
  );
  const manifest: BundleManifest = {
    project: config?.project ?? process.env["TRIGGER_PROJECT_REF"] ?? "",
    tasks: tasks.map((task) => describeTask(task, { path: homes.get(task.id) ?? "", example: exampleIn(files, homes, task.id), warnings })),
    queues: queuesOf(tasks),
    ...(listLimits().length > 0 && {
      limits: listLimits().map(({ name, perKey, total }) => ({
        name,
        ...(perKey !== undefined && { perKey }),
        ...(total !== undefined && { total }),
      })),
    }),
    config: {
      ...(config?.maxDuration !== undefined && { maxDuration: config.maxDuration }),
      ...(config?.ttl !== undefined && { ttl: config.ttl }),
      ...(config?.machine !== undefined && { machine: config.machine }),
      ...(config?.logLevel !== undefined && { logLevel: config.logLevel }),
      ...(config?.retries !== undefined && { retries: config.retries }),
      ...(config?.enableConsoleLogging !== undefined && { enableConsoleLogging: config.enableConsoleLogging }),
      ...processesOf(config),
    },
    ...(warnings.length > 0 && { warnings }),
  };
  const checked = BundleManifest.safeParse(manifest);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const at = issue?.path[0] === "tasks" && typeof issue.path[1] === "number" ? ` of task "${tasks[issue.path[1]]?.id}"` : "";
  throw new Error(`${issue?.path.slice(at === "" ? 0 : 2).join(".")}${at} is not valid: ${issue?.message}`);
}

/** Processes are kept and shared unless the config says that they are not to be. */
function processesOf(config: BundleModule["config"]): Pick<BundleManifest["config"], "isolation" | "runsPerProcess" | "devProcesses"> {
  const keepAlive = config?.processKeepAlive ?? config?.experimental_processKeepAlive;
  const { enabled, maxExecutionsPerProcess, devMaxPoolSize } = typeof keepAlive === "object" ? keepAlive : { enabled: keepAlive };
  const isolation = config?.isolation ?? (enabled === false ? "process" : undefined);
  return {
    ...(isolation !== undefined && { isolation }),
    ...(maxExecutionsPerProcess !== undefined && { runsPerProcess: maxExecutionsPerProcess }),
    ...(devMaxPoolSize !== undefined && { devProcesses: devMaxPoolSize }),
  };
}

function describeTask(
  task: RegisteredTask,
  { path, example, warnings }: { path: string; example: unknown; warnings: string[] },
): TaskManifest {
  const payloadSchema = task.jsonSchema === undefined ? task.schema && jsonSchemaOf(task.schema) : toJson(task.jsonSchema);
  const certainSchema = task.schema && certainSchemaOf(task.schema);
  const examplePayload = toJson(example) ?? exampleOf(payloadSchema);
  if (example !== undefined && toJson(example) === undefined)
    warnings.push(`examplePayload of ${path} cannot be written as JSON, and is not offered on the Test page`);
  return {
    id: task.id,
    filePath: path,
    queue: queueName(task),
    ...(task.description !== undefined && { description: task.description }),
    ...(task.retry !== undefined && { retry: task.retry }),
    ...(task.concurrency !== undefined && { concurrency: task.concurrency }),
    ...(task.machine !== undefined && { machine: task.machine }),
    ...(task.maxDuration !== undefined && { maxDuration: task.maxDuration }),
    ...(task.ttl !== undefined && { ttl: task.ttl }),
    ...(payloadSchema !== undefined && { payloadSchema }),
    ...(certainSchema !== undefined && { certainSchema }),
    ...(examplePayload !== undefined && { examplePayload }),
    ...(task.isScheduled === true && { isScheduled: true }),
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

function checkLimits(tasks: readonly RegisteredTask[]): void {
  const declared = new Set(listLimits().map(({ name }) => name));
  for (const { id, concurrency } of tasks) {
    const unknown = concurrency?.limits?.find((name) => !declared.has(name));
    if (unknown !== undefined)
      throw new Error(
        `The task ${JSON.stringify(id)} names the concurrency limit "${unknown}", which nothing declares: declare it with concurrencyLimit({ name: "${unknown}", total: 1 })`,
      );
  }
}

function checkName(what: string, name: string): void {
  if (name === "" || name.length > limits.nameLength)
    throw new Error(`${what} must have 1 to ${limits.nameLength} characters; it has ${name.length}`);
  // oxlint-disable-next-line no-control-regex -- these are what it looks for
  if (/[\0-\u001f\u007f]|\p{Surrogate}/u.test(name)) throw new Error(`${what} may not contain control characters or unpaired surrogates`);
}

type Limits = NonNullable<RegisteredTask["queue"]>;

function queuesOf(tasks: readonly RegisteredTask[]): QueueManifest[] {
  const queues = new Map<string, QueueManifest>();
  const note = (name: string, given: Limits | undefined) => {
    // The first limit that is given counts; a later mention by name alone does not lift it.
    const before = queues.get(name);
    const total = before?.totalConcurrencyLimit ?? given?.totalConcurrencyLimit;
    queues.set(name, {
      name,
      concurrencyLimit: before?.concurrencyLimit ?? given?.concurrencyLimit ?? null,
      ...(total !== undefined && { totalConcurrencyLimit: total }),
    });
  };
  for (const queue of listQueues()) note(queue.name, queue);
  for (const task of tasks) note(queueName(task), task.queue);
  return [...queues.values()];
}

const isTask = (value: unknown): value is { id: string } =>
  typeof value === "object" && value !== null && "trigger" in value && "id" in value && typeof value.id === "string";

/**
 * The file that defines a task. Others may export it as well (a barrel), or call it into being (a factory), so neither the exports
 * nor the stack alone can tell: it is the innermost file of the stack that exports the task, else the outermost one of the stack.
 */
function homeOfTask({ id, definedAt, files, cwd }: { id: string; definedAt: string; files: BundleModule["files"]; cwd: string }): string {
  const exporting = files
    .filter(({ exports }) => Object.values(exports).some((value) => isTask(value) && value.id === id))
    .map(({ path }) => path);
  const frames = filesInStack(definedAt, cwd);
  return (
    frames.find((path) => exporting.includes(path)) ?? frames.findLast((path) => !path.includes("node_modules/")) ?? exporting[0] ?? ""
  );
}

/** The export `examplePayload` of a file is for its task, when it has but one. */
function exampleIn(files: BundleModule["files"], homes: ReadonlyMap<string, string>, id: string): unknown {
  const path = homes.get(id);
  const tasksThere = [...homes.values()].filter((home) => home === path).length;
  return tasksThere === 1 ? files.find((candidate) => candidate.path === path)?.exports["examplePayload"] : undefined;
}

/** What JSON can say of a value, a BigInt, Map or Set as those who write JSON by hand would put it; undefined: nothing. */
function toJson(value: unknown): unknown {
  const plain = (_key: string, part: unknown): unknown => {
    if (typeof part === "bigint") return String(part);
    if (part instanceof Set) return [...part];
    return part instanceof Map ? ([...part.keys()].every((key) => typeof key === "string") ? Object.fromEntries(part) : [...part]) : part;
  };
  try {
    const text: string | undefined = JSON.stringify(value, plain);
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    // Cycles, and a toJSON that throws.
    return undefined;
  }
}

/** Files that a stack passes through, innermost first, without the SDK; below Node's module loader lies what loads bundles. Relative to `cwd`. */
function filesInStack(stack: string, cwd: string): string[] {
  const found: string[] = [];
  for (const line of stack.split("\n").slice(1)) {
    if (line.includes("(node:internal/")) break;
    const location = /\(?((?:file:\/\/)?\/[^()]+?):\d+:\d+\)?$/.exec(line.trim())?.[1];
    if (location === undefined || /[\\/](?:dist|lib)[\\/]sdk[\\/]/.test(location)) continue;
    const path = location.startsWith("file://") ? fileURLToPath(location) : location;
    found.push(relative(cwd, path).split(sep).join("/"));
  }
  return found;
}
