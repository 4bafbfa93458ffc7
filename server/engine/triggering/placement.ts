import { limits } from "@/lib/contracts/limits";
import type { BundleManifest, TaskManifest } from "@/lib/contracts/task";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { encodeText } from "../../db/text";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import type { TaskVersion } from "./settings";

/** Where a run goes, as far as it is known at the trigger. */
export interface Placement {
  /** Whose settings it gets; null: it waits for a version. */
  version: TaskVersion | null;
  /** The version that it is bound to. */
  pinned: string | null;
  queue: string;
  /** Of a run that waits for a version: the queue that was asked for, and the deployment that it is bound to. */
  parked: { queue: string | null; externalDeploymentId?: string } | null;
}

/**
 * The version, task and queue of a trigger. A version that is named must be there and have both. Else a deployed environment lets the run
 * wait for the version that brings what is missing; in dev, where the code is at hand, it is refused with the names that are known.
 * `parentVersion`: of the run that waits for it; it has no other to choose.
 */
export function placeRun(
  engine: Engine,
  task: string,
  { options, parentVersion }: { options: TriggerOptions; parentVersion: string | undefined },
): Placement {
  const { deployments, scheduler, env } = engine;
  const isDev = env.type === "DEVELOPMENT";
  const named = parentVersion ?? options.lockToVersion;
  const externalId = named === undefined && !isDev ? checkExternalId(options.externalDeploymentId) : undefined;
  const external = externalId === undefined ? null : deployments.byExternalId(externalId);
  const version = named ?? external?.version;
  const deployment = version === undefined ? deployments.current() : deployments.get(version);
  if (version !== undefined && deployment === null) throw invalid("options.lockToVersion", `Version ${version} is not deployed here.`);
  const found = deployment?.manifest.tasks.find((candidate) => candidate.id === task);
  const asked = options.queue?.name;
  const queue = asked ?? found?.queue;
  if (externalId !== undefined && external === null)
    return { ...parkedRun(task, queue, asked), parked: { queue: asked ?? null, externalDeploymentId: externalId } };
  const mayWait = version === undefined && !isDev;
  if (deployment === null || found === undefined || queue === undefined) {
    if (mayWait) return parkedRun(task, queue, asked);
    throw unknownTask(task, deployment?.manifest.tasks ?? []);
  }
  const hasQueue = queue === found.queue || (version === undefined ? scheduler.hasQueue(queue) : definesQueue(deployment.manifest, queue));
  if (hasQueue) return { version: { deployment, task: found }, pinned: version ?? null, queue, parked: null };
  if (mayWait) return parkedRun(task, queue, asked);
  throw unknownQueue(queue, version);
}

/** Until a version says which queue is the task's, it is shown under the name that it has without any. */
function parkedRun(task: string, queue: string | undefined, asked: string | undefined): Placement & { parked: { queue: string | null } } {
  if (task.length > limits.nameLength || encodeText(task) !== task)
    throw invalid("taskId", `A task's id has at most ${limits.nameLength} characters, none of them NUL, U+0001 or an unpaired surrogate.`);
  if (asked !== undefined && encodeText(asked) !== asked)
    throw invalid("options.queue", "A queue's name may not contain NUL, U+0001 or unpaired surrogates.");
  return { version: null, pinned: null, queue: queue ?? `task/${task}`, parked: { queue: asked ?? null } };
}

/** Of an id of a caller's build. */
const maxExternalId = 128;

function checkExternalId(id: string | undefined): string | undefined {
  const trimmed = id?.trim();
  if (trimmed === undefined || trimmed === "") return undefined;
  if (trimmed.length > maxExternalId || encodeText(trimmed) !== trimmed) {
    throw invalid(
      "options.externalDeploymentId",
      `An external deployment id has at most ${maxExternalId} characters, none of them NUL, U+0001 or an unpaired surrogate.`,
    );
  }
  return trimmed;
}

const invalid = (path: string, message: string) => new EngineError(422, message, { param: path, issues: [{ path, message }] });

function unknownTask(id: string, known: readonly TaskManifest[]): EngineError {
  const names = known.map((task) => task.id).toSorted();
  const hint =
    names.length === 0 ? "No task is deployed yet." : `Known tasks: ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}.`;
  return new EngineError(404, `Task "${id}" not found. ${hint}`, { code: "task_not_found", param: "taskId" });
}

const definesQueue = ({ tasks, queues }: BundleManifest, name: string): boolean =>
  queues.some((queue) => queue.name === name) || tasks.some((task) => task.queue === name);

const unknownQueue = (name: string, version: string | undefined) =>
  invalid(
    "options.queue",
    `Queue "${name}" is not defined${version === undefined ? "" : ` in version ${version}`}. Define it with queue({ name: "${name}" }) in a task file.`,
  );
