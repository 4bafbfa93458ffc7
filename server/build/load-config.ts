import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { BuildFailure, fromStack } from "./build-error";
import { bundle } from "./bundler";
import { openNodeResolver } from "./node-resolver";
import { findConfigFile, parseConfig, type ProjectConfig } from "./project-config";
import { resolvePlugin } from "./resolve-plugin";
import { linkSdk } from "./sdk-module";

interface LoadOptions {
  projectDir: string;
  dataDir: string;
  sdkEntry: string;
  env: NodeJS.ProcessEnv;
  timeoutMs?: number;
}

export interface LoadedConfig {
  config: ProjectConfig;
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
      entry: reporter(`./${file}`),
      plugins: [resolvePlugin({ resolver, external: [], autoDetectExternal: true, installed: "leave" })],
    });
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const output of built.files) await writeFile(join(directory, basename(output.path)), output.contents);
    linkSdk(directory, options.sdkEntry);
    const value = await evaluate(join(directory, "config.mjs"), file, options);
    return { config: parseConfig(file, value), inputs: built.inputs };
  } finally {
    await resolver.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Only the keys that decide how to build: others may be functions or cyclic objects, which do not cross the process boundary. */
const reporter = (file: string) => `
import * as loaded from ${JSON.stringify(file)};
const config = loaded.default ?? loaded.config;
const pick = (from, names) => Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));
const read = () => {
  const picked = pick(config, ["project", "dirs", "triggerDirectories", "ignorePatterns", "tsconfig", "tsconfigPath", "maxDuration"]);
  if (typeof config.build !== "object" || config.build === null) return picked;
  const build = pick(config.build, ["external", "autoDetectExternal", "keepNames", "minify", "conditions", "jsx"]);
  const extensions = config.build.extensions?.map((extension) => String(extension?.name ?? "unnamed"));
  return { ...picked, build: { ...build, extensions } };
};
process.send({ config: typeof config === "object" && config !== null ? read() : null });
`;

const Report = z.object({ config: z.unknown() });

function evaluate(path: string, file: string, options: LoadOptions): Promise<unknown> {
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
      resolve(Report.parse(message).config);
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
