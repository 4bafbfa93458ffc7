import { watch, type FSWatcher } from "node:fs";
import { dirname, join } from "node:path";
import { buildProject, type BuildOptions, type BuildResult, type Sources } from "./build-project";
import { envFileNames } from "./project-env";
import { endBuilder, startBuilder } from "./run-builder";

export interface ProjectWatcher {
  close(): Promise<void>;
}

/** Editors and git write many files at once; a build starts when they have been quiet for this long. */
const quietMs = 60;
const codeFile = /\.(?:ts|tsx|mts|cts|js|jsx|mjs|cjs|json)$/;

/**
 * Builds again when a file of the project changes, until closed. `onResult` hears every failure, and every success that differs from
 * the result before it. Directories are watched rather than files: editors replace files, and new ones must be seen.
 */
export function watchProject(options: BuildOptions, first: BuildResult, onResult: (result: BuildResult) => void): ProjectWatcher {
  const watchers = new Map<string, FSWatcher>();
  let last = first;
  let relevant = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let building: Promise<void> = Promise.resolve();
  let isQueued = false;
  let isClosed = false;
  /** Loaded and waiting for the next save. */
  let spare = startBuilder(options.builderEntry);

  function schedule(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // Changes during a build lead to exactly one more.
      if (isQueued) return;
      isQueued = true;
      building = building.then(rebuild);
    }, quietMs);
  }

  async function rebuild(): Promise<void> {
    isQueued = false;
    if (isClosed) return;
    const builder = spare.connected ? spare : startBuilder(options.builderEntry);
    const result = await buildProject({ ...options, builder, beside: last.sources.beside }).catch((error: unknown): BuildResult => {
      options.log.error("the build failed unexpectedly", { error });
      return { ok: false, error: { message: error instanceof Error ? error.message : String(error) }, sources: last.sources };
    });
    endBuilder(builder);
    if (isClosed) return;
    spare = startBuilder(options.builderEntry);
    observe(result.ok ? result.sources : merge(last.sources, result.sources));
    const isSame = result.ok && last.ok && result.contentHash === last.contentHash;
    last = result.ok ? result : { ...result, sources: merge(last.sources, result.sources) };
    if (!isSame) onResult(result);
  }

  function observe(sources: Sources): void {
    const files = sources.files.filter((file) => !/[\\/]node_modules[\\/]/.test(file));
    const { projectDir } = options;
    const always = ["tsconfig.json", "package.json", ...envFileNames(options.mode)].map((name) => join(projectDir, name));
    relevant = new Set([...files, ...always]);
    const wanted = new Set([projectDir, ...sources.directories, ...files.map((file) => dirname(file))]);
    for (const [directory, watcher] of watchers) {
      if (wanted.has(directory)) continue;
      watcher.close();
      watchers.delete(directory);
    }
    const fresh = [...wanted].filter((directory) => !watchers.has(directory));
    for (const directory of fresh) open(directory);
    // What changed there between the build and now was seen by nobody.
    if (fresh.length > 0) schedule();
  }

  function open(directory: string): void {
    try {
      const watcher = watch(directory, (_event, name) => {
        if (name === null || matters(directory, name)) schedule();
      });
      // The directory was removed: its parent's watcher has seen it.
      watcher.on("error", () => {
        watcher.close();
        watchers.delete(directory);
      });
      watchers.set(directory, watcher);
    } catch {
      // Gone since the build looked into it.
      options.log.debug("cannot watch", { directory });
    }
  }

  /** In a task directory every code file and folder matters; elsewhere, what was built from and what names the project. */
  function matters(directory: string, name: string): boolean {
    if (name.startsWith(".") && !name.startsWith(".env")) return false;
    if (relevant.has(join(directory, name))) return true;
    if (/^trigger\.config\.[cm]?[jt]s$/.test(name)) return directory === options.projectDir;
    // A new folder may be one that the config names.
    if (!name.includes(".")) return true;
    return directory !== options.projectDir && codeFile.test(name);
  }

  observe(first.sources);
  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
      await building;
      endBuilder(spare);
    },
  };
}

const merge = (a: Sources, b: Sources): Sources => ({
  files: [...new Set([...a.files, ...b.files])],
  directories: [...new Set([...a.directories, ...b.directories])],
  beside: b.beside,
});
