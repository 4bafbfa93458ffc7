import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { BuildError } from "@/lib/contracts/task";
import { liveStatuses } from "@/lib/contracts/status";
import { describeBuildError } from "./build/build-error";
import type { BuildOptions, BuildResult } from "./build/build-project";
import { pruneBuilds } from "./build/prune-builds";
import { watchProject, type ProjectWatcher } from "./build/watch-project";
import type { Query } from "./db/database";
import type { Vault } from "./db/keys";
import { deploy } from "./engine/versions/deploy";
import { followCurrent } from "./engine/versions/follow-current";
import type { Engine } from "./engine/engine";
import { readVariables, valuesOf } from "./engine/variables/read-variables";
import type { Logger } from "./log";
import { StartError } from "./start-error";

/** The project's name for people: its package's, else its folder's. */
function projectName(projectDir: string): string {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8"));
    if (typeof manifest === "object" && manifest !== null && "name" in manifest && typeof manifest.name === "string") return manifest.name;
  } catch {
    return basename(projectDir);
  }
  return basename(projectDir);
}

/**
 * Which project to serve. A broken project has said nothing about itself: in dev the one served last goes on, with its last
 * good version. Undefined: there is none.
 */
async function identifyProject(options: {
  built: BuildResult;
  query: Query;
  slug: string;
  projectDir: string;
}): Promise<{ ref: string; name: string } | undefined> {
  if (options.built.ok) return { ref: options.built.manifest.project, name: projectName(options.projectDir) };
  const [last] = await options.query<{ ref: string; name: string }>(
    `select project.ref, project.name from project join environment on environment.project_id = project.id
      where environment.slug = $1 order by environment.created_at desc limit 1`,
    [options.slug],
  );
  return last;
}

/** What is stored for a project's tasks; nothing before its first start. */
export async function storedVariables({
  query,
  vault,
  log,
  ref,
  slug,
}: {
  query: Query;
  vault: Vault;
  log: Logger;
  ref: string;
  slug: string;
}): Promise<Record<string, string>> {
  const [environment] = await query<{ id: string }>(
    "select environment.id from environment join project on project.id = project_id where project.ref = $1 and slug = $2",
    [ref, slug],
  );
  return environment === undefined ? {} : valuesOf(await readVariables(query, { vault, environmentId: environment.id }), log);
}

/**
 * A project that has never been built and is broken: waits for the change that repairs it, saying after each other one what is wrong.
 * Undefined: `signal` came first.
 */
async function untilBuilt(
  options: BuildOptions,
  first: BuildResult,
  signal: AbortSignal,
): Promise<Extract<BuildResult, { ok: true }> | undefined> {
  const say = (result: BuildResult): void => {
    if (!result.ok)
      options.log.error("the project is broken; it starts when that is put right", { error: describeBuildError(result.error) });
  };
  say(first);
  let watcher: ProjectWatcher | undefined;
  try {
    return await new Promise((done) => {
      signal.addEventListener("abort", () => done(undefined), { once: true });
      if (signal.aborted) done(undefined);
      watcher = watchProject(options, first, (result) => (result.ok ? done(result) : say(result)));
    });
  } finally {
    await watcher?.close();
  }
}

interface OpeningProject {
  firstBuilt: BuildResult;
  query: Query;
  slug: string;
  buildOptions: BuildOptions;
  signal: AbortSignal;
}

/** The project in the server's folder; in development one that is broken is waited for. */
export async function openProject({
  firstBuilt,
  query,
  slug,
  buildOptions,
  signal,
}: OpeningProject): Promise<{ project: { ref: string; name: string }; built: BuildResult }> {
  if (!firstBuilt.ok && buildOptions.mode === "start") throw new StartError(describeBuildError(firstBuilt.error));
  const identify = (result: BuildResult) => identifyProject({ built: result, query, slug, projectDir: buildOptions.projectDir });
  const known = await identify(firstBuilt);
  const built = known === undefined ? await untilBuilt(buildOptions, firstBuilt, signal) : firstBuilt;
  const project = known ?? (built && (await identify(built)));
  if (built === undefined || project === undefined) throw new StartError("stopped before the project was put right");
  return { project, built };
}

export interface ServedProject {
  buildError(): BuildError | null;
  /** What the machine lacks of what the tasks need, a sentence each. */
  lacks(): readonly string[];
  /** Calls back after each build that was applied. */
  onBuild(listener: () => void): void;
  close(): Promise<void>;
}

/** Deploys what was built and, in dev, what is built after each change. */
export async function serveProject(
  engine: Engine,
  options: BuildOptions & { externalId?: string },
  first: BuildResult,
): Promise<ServedProject> {
  const { log } = options;
  let error: BuildError | null = null;
  let lacks: string[] = [];
  let deploying: Promise<void> = Promise.resolve();
  let built = () => {};

  async function apply(result: BuildResult): Promise<void> {
    const wasBroken = error !== null;
    lacks = result.ok ? result.lacks : lacks;
    error = result.ok ? null : result.error;
    if (!result.ok)
      return log.error(
        `the project is broken; ${engine.deployments.current() === null ? "there is no version to run" : "the last good version goes on"}`,
        { error: describeBuildError(result.error) },
      );
    const before = engine.deployments.current()?.version;
    const { version, manifest } = await deploy(engine, {
      ...result,
      ...(options.externalId !== undefined && { externalId: options.externalId }),
    });
    if (version !== before) log.info("deployed", { version, tasks: manifest.tasks.length });
    else if (wasBroken) log.info("the project builds again; its version is the one that went on", { version });
  }

  await apply(first);
  const watcher =
    options.mode === "dev"
      ? watchProject(options, first, (result) => {
          deploying = deploying
            .then(() => apply(result))
            .then(() => built())
            .catch((problem: unknown) => log.error("could not deploy", { error: problem }));
        })
      : undefined;
  const stopPruning = keepPruned(engine, options);
  return {
    buildError: () => error,
    lacks: () => lacks,
    onBuild(listener) {
      built = listener;
    },
    async close() {
      stopPruning();
      await watcher?.close();
      await deploying;
    },
  };
}

/** A server without a project of its own has the versions that were sent to it. */
export async function serveSent(engine: Engine, options: BuildOptions): Promise<ServedProject> {
  await followCurrent(engine);
  const stopPruning = keepPruned(engine, options);
  return { buildError: () => null, lacks: () => [], onBuild: () => {}, close: async () => stopPruning() };
}

function keepPruned(engine: Engine, options: BuildOptions): () => void {
  const pruner = setInterval(() => void prune(engine, options), 3_600_000);
  pruner.unref();
  void prune(engine, options);
  return () => clearInterval(pruner);
}

/** Versions that can be promoted whatever runs on them: so many of those deployed or promoted last. */
const promotable = 20;

/** A bundle is needed while its version is current or can be promoted, a run that has not ended may still be resumed on it, or builds of callers name it. */
async function prune(engine: Engine, { dataDir, log }: BuildOptions): Promise<void> {
  const needed = async () => {
    const rows = await engine.db.query<{ bundle: string }>(
      `select bundle from deployment where status = 'DEPLOYED' and (is_current or version in (select deployment from run where status = any($1) and deployment is not null)
            or (external_ids <> '{}' and created_at > now() - interval '7 days'))
       union select bundle from (
         select bundle, row_number() over (partition by env_id order by greatest(created_at, promoted_at) desc) as place from deployment where status = 'DEPLOYED'
       ) latest where place <= $2`,
      [liveStatuses, promotable],
    );
    return rows.map((row) => row.bundle);
  };
  try {
    await pruneBuilds({ dataDir, needed, now: Date.now() });
  } catch (error) {
    log.warn("could not remove old builds", { error });
  }
}
