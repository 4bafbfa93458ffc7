import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { BuildFailure, fromStack } from "./build-error";
import { bundle } from "./bundler";
import { placeOfKey, readConfigSource } from "./config-source";
import { configWarnings } from "./config-warnings";
import { openNodeResolver } from "./node-resolver";
import { linkOwnModules } from "./own-modules";
import { findConfigFile, parseConfig, type ProjectConfig } from "./project-config";
import { resolvePlugin } from "./resolve-plugin";

interface LoadOptions {
  projectDir: string;
  dataDir: string;
  sdkEntry: string;
}

export interface LoadedConfig {
  config: ProjectConfig;
  /** The object that the file exports, with its extensions. */
  raw: Record<string, unknown>;
  /** A line for each part of the config that has no effect. */
  warnings: string[];
  /** Files that the config was made from, relative to the project. */
  inputs: string[];
}

/** Reads trigger.config.* by importing it: only in a process that holds no secrets, as it is the project's code. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { projectDir } = options;
  const file = await findConfigFile(projectDir);
  const directory = join(options.dataDir, "builds", `.config-${randomBytes(6).toString("hex")}`);
  const resolver = await openNodeResolver([]);
  try {
    const built = await bundle({
      projectDir,
      outputDir: directory,
      name: "config",
      entry: `import * as loaded from ${JSON.stringify(`./${file}`)};\nexport const config = loaded.default ?? loaded.config;`,
      plugins: [resolvePlugin({ resolver, external: [], autoDetectExternal: true, installed: "leave" })],
    });
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const output of built.files) await writeFile(join(directory, basename(output.path)), output.contents);
    linkOwnModules(directory, options.sdkEntry);
    const value = await evaluate(join(directory, "config.mjs"), file, projectDir);
    const source = await readFile(join(projectDir, file), "utf8");
    const config = await parseConfig(file, value, source);
    const raw = { ...(value as Record<string, unknown>) }; // parseConfig has looked
    return { config, raw, warnings: await placedWarnings(raw, file, source), inputs: built.inputs };
  } finally {
    await resolver.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function evaluate(path: string, file: string, projectDir: string): Promise<unknown> {
  try {
    const loaded: { config: unknown } = await import(pathToFileURL(path).href);
    return loaded.config;
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new BuildFailure({ file, ...fromStack(stack, projectDir, error instanceof Error ? `${error.name}: ${error.message}` : stack) });
  }
}

async function placedWarnings(raw: Record<string, unknown>, file: string, source: string): Promise<string[]> {
  const warnings = configWarnings(raw);
  if (warnings.length === 0) return [];
  const code = await readConfigSource(source, extname(file).endsWith("ts") ? "ts" : "js");
  return warnings.map(({ path, text }) => {
    const place = placeOfKey(code, path);
    return `${[file, place?.line, place?.column].filter((part) => part !== undefined).join(":")}: ${text}`;
  });
}
