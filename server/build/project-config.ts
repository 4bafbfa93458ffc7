import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { z } from "zod";
import { MachinePreset, RetryOptions } from "@/lib/contracts/task";
import { BuildFailure } from "./build-error";
import { placeOfKey, readConfigSource } from "./config-source";

const strings = z.array(z.string());
const flag = z.boolean().optional();
const text = z.string().optional();

const Build = z.object({
  external: strings.optional(),
  autoDetectExternal: flag,
  keepNames: flag,
  minify: flag,
  conditions: strings.optional(),
  jsx: z.object({ factory: text, fragment: text, automatic: flag }).optional(),
  extensions: z
    .array(
      z.custom<object>(
        (value) => typeof value === "object" && value !== null && "name" in value && typeof value.name === "string",
        "is no build extension: it must be an object with a name",
      ),
    )
    .optional(),
});
const count = z.number().int().min(1).optional();
const KeepAlive = z
  .union([z.boolean(), z.object({ enabled: z.boolean(), maxExecutionsPerProcess: count, devMaxPoolSize: count })])
  .optional();

/** The keys of trigger.config.ts with what each may be. Hooks and telemetry are the user's own objects. */
const ConfigKeys = z.object({
  project: z.string().min(1),
  dirs: strings.optional(),
  triggerDirectories: strings.optional(),
  ignorePatterns: strings.optional(),
  tsconfig: text,
  tsconfigPath: text,
  runtime: z
    .enum(["node", "node-22", "node-24", "node-26", "bun", "bun-1.4", "bun-legacy", "experimental-node-24", "experimental-node-26"])
    .optional(),
  maxDuration: z.number().min(5),
  ttl: z.union([z.string(), z.number().min(0)], { error: 'must be a duration such as "1h", or a number of seconds' }).optional(),
  machine: MachinePreset.optional(),
  retries: z.object({ enabledInDev: flag, default: RetryOptions.optional() }).optional(),
  logLevel: z.enum(["none", "error", "warn", "info", "log", "debug"]).optional(),
  enableConsoleLogging: flag,
  disableConsoleInterceptor: flag,
  isolation: z.enum(["shared", "process"]).optional(),
  processKeepAlive: KeepAlive,
  experimental_processKeepAlive: KeepAlive,
  legacyDevProcessCwdBehaviour: flag,
  extraCACerts: z.string().startsWith("./", 'must begin with "./": it is a file of the project').optional(),
  deploy: z.object({ env: z.record(z.string(), z.string()).optional() }).optional(),
  additionalFiles: strings.optional(),
  additionalPackages: strings.optional(),
  postInstall: text,
  build: Build.default({}),
});

export interface ProjectConfig {
  /** Name of the config file, relative to the project. */
  file: string;
  project: string;
  dirs?: string[];
  ignorePatterns?: string[];
  tsconfig?: string;
  build: Omit<z.infer<typeof Build>, "extensions">;
  /** Variables of a deployed version's tasks; the project's own win. */
  deployEnv: Record<string, string>;
  /** Certificates that task processes trust besides Node's, relative to the project. */
  extraCACerts?: string;
  /** Working directory of task processes. */
  cwd: "project" | "build";
  /** What of a config is an extension today. */
  former: { additionalFiles: string[]; additionalPackages: string[]; postInstall?: string };
}

const names = ["ts", "mts", "cts", "js", "mjs", "cjs"].map((ending) => `trigger.config.${ending}`);

/** Name of the project's config file. */
export async function findConfigFile(projectDir: string): Promise<string> {
  const name = names.find((candidate) => existsSync(join(projectDir, candidate)));
  if (name === undefined) {
    throw new BuildFailure({
      message: `No trigger.config.ts in ${projectDir}. Start in the folder that holds it, or set SIGNALBOX_PROJECT to that folder`,
    });
  }
  try {
    await readFile(join(projectDir, name));
  } catch (error) {
    throw new BuildFailure({
      message: `It cannot be read (${error instanceof Error ? error.message : String(error)}). Make it a file that this user may read`,
      file: name,
    });
  }
  return name;
}

const fixes: Record<string, string> = {
  project: 'Add a project reference, for instance project: "proj_my_tasks"',
  maxDuration: "Add maxDuration: 300 (seconds of compute time that one attempt may use, at least 5)",
};

/** The value that a config file exports, checked. `source` is its text, for saying where what is wrong stands. */
export async function parseConfig(file: string, value: unknown, source: string): Promise<ProjectConfig> {
  if (typeof value !== "object" || value === null) {
    throw new BuildFailure({ message: "It has no default export. End it with: export default defineConfig({ … })", file });
  }
  const parsed = ConfigKeys.safeParse(withFormerNames(value));
  if (!parsed.success) throw await wrongKey({ file, value, source, issue: parsed.error.issues[0] });
  const { project, ignorePatterns, extraCACerts, deploy, legacyDevProcessCwdBehaviour, postInstall } = parsed.data;
  const { extensions: _, ...build } = parsed.data.build;
  const dirs = parsed.data.dirs ?? parsed.data.triggerDirectories;
  const tsconfig = parsed.data.tsconfig ?? parsed.data.tsconfigPath;
  return {
    file,
    project,
    build,
    deployEnv: deploy?.env ?? {},
    cwd: legacyDevProcessCwdBehaviour === false ? "build" : "project",
    former: {
      additionalFiles: parsed.data.additionalFiles ?? [],
      additionalPackages: parsed.data.additionalPackages ?? [],
      ...(postInstall !== undefined && { postInstall }),
    },
    ...(dirs !== undefined && { dirs }),
    ...(ignorePatterns !== undefined && { ignorePatterns }),
    ...(tsconfig !== undefined && { tsconfig }),
    ...(extraCACerts !== undefined && { extraCACerts }),
  };
}

/** `build` with what stands in it under the names of earlier releases. Extensions that are switched off (`condition && extension()`) are left out. */
function withFormerNames(config: object): object {
  const build: unknown = "build" in config ? config.build : undefined;
  if (typeof build !== "object" || build === null) return config;
  const named = { ...build } as Record<string, unknown>; // its keys are looked at one by one below
  for (const name of ["autoDetectExternal", "keepNames", "minify"]) named[name] ??= named[`experimental_${name}`];
  if (Array.isArray(named["extensions"])) named["extensions"] = named["extensions"].filter((extension) => Boolean(extension));
  return { ...config, build: named };
}

async function wrongKey({
  file,
  value,
  source,
  issue,
}: {
  file: string;
  value: object;
  source: string;
  issue: z.core.$ZodIssue | undefined;
}): Promise<BuildFailure> {
  const path = issue?.path ?? [];
  const key = path.join(".");
  const isMissing = key !== "" && (!(key in value) || Reflect.get(value, key) === undefined);
  const fix = fixes[key];
  const complaint =
    isMissing && fix !== undefined
      ? `${key} is missing. ${fix}`
      : `${key}: ${issue?.message ?? "not valid"}${fix === undefined ? "" : `. ${fix.replace(/^Add/, "Write")}`}`;
  const place = placeOfKey(await readConfigSource(source, extname(file).endsWith("ts") ? "ts" : "js"), path);
  return new BuildFailure({ message: complaint, file, ...place });
}
