import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { BuildFailure } from "./build-error";
import { defaultIgnorePatterns, ignorePattern } from "./ignore-pattern";
import type { ProjectConfig } from "./project-config";

export interface TaskFiles {
  /** Absolute; `init.*` at the root of a task directory, loaded before all tasks. */
  inits: string[];
  /** Absolute, sorted. */
  tasks: string[];
  /** Every directory that was looked into: a new file in one of them may be a task. */
  directories: string[];
}

const codeFile = /\.(?:ts|tsx|mts|cts|js|jsx|mjs|cjs)$/;
const initFile = /^init\.(?:ts|mts|cts|js|mjs|cjs)$/;
const skippedDirectory = /^(?:node_modules|dist|build|out|coverage|\..*)$/;

/** The files that a bundle starts from: those of `dirs`, by default of every folder named `trigger`. */
export async function findTaskFiles(projectDir: string, config: ProjectConfig): Promise<TaskFiles> {
  const found: TaskFiles = { inits: [], tasks: [], directories: [] };
  const roots = config.dirs === undefined ? await findTriggerFolders(projectDir, found.directories) : await existing(projectDir, config);
  const ignored = [...defaultIgnorePatterns, ...(config.ignorePatterns ?? [])].map(ignorePattern);
  const isIgnored = (file: string) => ignored.some((pattern) => pattern.test(toPosix(relative(projectDir, file))));

  for (const root of roots) {
    for (const entry of await readdir(root, { withFileTypes: true })) {
      if (entry.isFile() && initFile.test(entry.name)) found.inits.push(join(root, entry.name));
    }
    await collect(root, found, isIgnored);
  }
  found.tasks = [...new Set(found.tasks)].filter((file) => !found.inits.includes(file)).toSorted();
  found.inits = [...new Set(found.inits)].toSorted();
  if (found.tasks.length === 0 && found.inits.length === 0) {
    const where =
      roots.length === 0
        ? "no folder named trigger was found"
        : `no code file was found in ${roots.map((root) => relative(projectDir, root) || ".").join(", ")}`;
    throw new BuildFailure({
      message: `No tasks: ${where}. Put a file with a task into ./trigger, or name the folders in "dirs" of trigger.config.ts`,
    });
  }
  return found;
}

async function existing(projectDir: string, config: ProjectConfig): Promise<string[]> {
  const roots: string[] = [];
  for (const dir of config.dirs ?? []) {
    const root = resolve(projectDir, dir);
    const info = await stat(root).catch(() => null);
    if (info === null || !info.isDirectory()) {
      throw new BuildFailure({
        message: `"dirs" names ${dir}, which is not a folder of the project. Make it or change "dirs"`,
        file: config.file,
      });
    }
    roots.push(root);
  }
  return roots;
}

async function findTriggerFolders(directory: string, visited: string[]): Promise<string[]> {
  visited.push(directory);
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || skippedDirectory.test(entry.name)) continue;
    const path = join(directory, entry.name);
    // A trigger folder is taken whole; another one inside it is part of it.
    if (entry.name === "trigger") found.push(path);
    else found.push(...(await findTriggerFolders(path, visited)));
  }
  return found.toSorted();
}

async function collect(directory: string, found: TaskFiles, isIgnored: (file: string) => boolean): Promise<void> {
  found.directories.push(directory);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".")) await collect(path, found, isIgnored);
    else if (entry.isFile() && codeFile.test(entry.name) && !isIgnored(path)) found.tasks.push(path);
  }
}

export const toPosix = (path: string): string => (sep === "/" ? path : path.replaceAll(sep, "/"));
