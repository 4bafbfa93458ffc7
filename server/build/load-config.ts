import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { BuildFailure, fromStack } from "./build-error";
import { bundle } from "./bundler";
import { buildPackagesPlugin } from "./build-packages";
import { configWarnings } from "./config-warnings";
import { openNodeResolver } from "./node-resolver";
import type { BuildMode } from "./project-env";
import { findConfigFile, parseConfig, type ProjectConfig } from "./project-config";
import { resolvePlugin } from "./resolve-plugin";
import { linkSdk } from "./sdk-module";

interface LoadOptions {
  projectDir: string;
  dataDir: string;
  sdkEntry: string;
  env: NodeJS.ProcessEnv;
  mode: BuildMode;
  timeoutMs?: number;
}

export interface LoadedConfig {
  config: ProjectConfig;
  /** A sentence for each part of the config that has no effect. */
  warnings: string[];
  /** Files that the config was made from, relative to the project. */
  inputs: string[];
}

/** Reads trigger.config.* by running it in a process of its own: it is the project's code, and this process holds secrets. */
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
      entry: reporter(`./${file}`, options.mode === "dev" ? "dev" : "deploy"),
      plugins: [buildPackagesPlugin(), resolvePlugin({ resolver, external: [], autoDetectExternal: true, installed: "leave" })],
    });
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const output of built.files) await writeFile(join(directory, basename(output.path)), output.contents);
    linkSdk(directory, options.sdkEntry);
    const { config, reported } = await evaluate(join(directory, "config.mjs"), file, options);
    return { config: parseConfig(file, config), warnings: configWarnings(reported), inputs: built.inputs };
  } finally {
    await resolver.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * The keys that decide how to build, and what else there is: values may be functions or cyclic objects, which do not cross the
 * process boundary.
 */
const reporter = (file: string, target: "dev" | "deploy") => `
import * as loaded from ${JSON.stringify(file)};
const config = loaded.default ?? loaded.config;
const pick = (from, names) => Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));
const isPlain = (value) => value === null || ["string", "number", "boolean"].includes(typeof value);
const plain = (value) => isPlain(value) || (typeof value === "object" && Object.values(value).every(isPlain)) ? value : null;
const extensions = (Array.isArray(config?.build?.extensions) ? config.build.extensions : []).filter((extension) => extension);
const read = () => {
  const picked = pick(config, ["project", "dirs", "triggerDirectories", "ignorePatterns", "tsconfig", "tsconfigPath", "maxDuration"]);
  if (typeof config.build !== "object" || config.build === null) return picked;
  const named = { ...config.build, ...Object.fromEntries(["autoDetectExternal", "keepNames", "minify"].map((name) => [name, config.build[name] ?? config.build["experimental_" + name]])) };
  const build = pick(named, ["external", "autoDetectExternal", "keepNames", "minify", "conditions", "jsx"]);
  return { ...picked, build: { ...build, externals: extensions.flatMap((extension) => extension.externalsForTarget?.(${JSON.stringify(target)}) ?? []) } };
};
process.send({
  config: typeof config === "object" && config !== null ? read() : null,
  reported: {
    keys: Object.fromEntries(Object.entries(config ?? {}).filter(([, value]) => value !== undefined).map(([name, value]) => [name, plain(value)])),
    extensions: extensions.map((extension) => ({ name: String(extension.name ?? "unnamed"), does: Object.keys(extension).filter((key) => typeof extension[key] === "function") })),
  },
});
`;

const Report = z.object({
  config: z.unknown(),
  reported: z.object({ keys: z.record(z.string(), z.unknown()), extensions: z.array(z.object({ name: z.string(), does: z.array(z.string()) })) }),
});

function evaluate(path: string, file: string, options: LoadOptions): Promise<z.infer<typeof Report>> {
  return new Promise((resolve, reject) => {
    const child = fork(path, [], {
      cwd: options.projectDir,
      env: options.env,
      execArgv: ["--enable-source-maps"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-20_000)));
    const timer = setTimeout(() => {
      reject(new BuildFailure({ message: "It did not finish loading. Remove what waits or connects from its top level", file }));
      child.kill("SIGKILL");
    }, options.timeoutMs ?? 20_000);
    child.on("message", (message) => {
      resolve(Report.parse(message));
      // What the config has left open must not keep the process.
      child.kill("SIGKILL");
    });
    child.on("error", reject);
    // After `message`, this changes nothing.
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const fallback = stderr.trim() === "" ? `it ended with ${signal ?? `exit code ${code}`} while loading` : stderr;
      reject(new BuildFailure({ file, ...fromStack(fallback, options.projectDir) }));
    });
  });
}
