import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { BuildFailure } from "./build-error";

const strings = z.array(z.string());

/** The keys of trigger.config.ts that decide how a project is built. What tasks need at run time, the worker reads from the bundle. */
const ConfigKeys = z.object({
  project: z.string().min(1),
  dirs: strings.optional(),
  triggerDirectories: strings.optional(),
  ignorePatterns: strings.optional(),
  tsconfig: z.string().optional(),
  tsconfigPath: z.string().optional(),
  maxDuration: z.number().min(5),
  build: z
    .object({
      external: strings.optional(),
      autoDetectExternal: z.boolean().optional(),
      keepNames: z.boolean().optional(),
      minify: z.boolean().optional(),
      conditions: strings.optional(),
      jsx: z.object({ factory: z.string().optional(), fragment: z.string().optional(), automatic: z.boolean().optional() }).optional(),
      /** What build extensions name for staying outside of the bundle. */
      externals: strings.optional(),
    })
    .default({}),
});

export interface ProjectConfig {
  /** Name of the config file, relative to the project. */
  file: string;
  project: string;
  dirs?: string[];
  ignorePatterns?: string[];
  tsconfig?: string;
  build: z.infer<typeof ConfigKeys>["build"];
}

const names = ["trigger.config.ts", "trigger.config.mts", "trigger.config.js", "trigger.config.mjs"] as const;

/** Name of the project's config file. */
export async function findConfigFile(projectDir: string): Promise<string> {
  const name = names.find((candidate) => existsSync(join(projectDir, candidate)));
  if (name === undefined) {
    throw new BuildFailure({ message: `No trigger.config.ts in ${projectDir}. Start in the folder that holds it, or set SIGNALBOX_PROJECT to that folder` });
  }
  try {
    await readFile(join(projectDir, name));
  } catch (error) {
    throw new BuildFailure({ message: `It cannot be read (${error instanceof Error ? error.message : String(error)}). Make it a file that this user may read`, file: name });
  }
  return name;
}

const fixes: Record<string, string> = {
  project: 'Add a project reference, for instance project: "proj_my_tasks"',
  maxDuration: "Add maxDuration: 300 (seconds of compute time that one attempt may use, at least 5)",
};

export function parseConfig(file: string, value: unknown): ProjectConfig {
  if (typeof value !== "object" || value === null) {
    throw new BuildFailure({ message: "It has no default export. End it with: export default defineConfig({ … })", file });
  }
  const parsed = ConfigKeys.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue?.path.join(".") ?? "";
    const isMissing = key !== "" && !(key in value);
    const message = isMissing && key in fixes ? `${key} is missing. ${fixes[key]}` : `${key}: ${issue?.message ?? "not valid"}`;
    throw new BuildFailure({ message, file });
  }
  const { project, build, ignorePatterns } = parsed.data;
  const dirs = parsed.data.dirs ?? parsed.data.triggerDirectories;
  const tsconfig = parsed.data.tsconfig ?? parsed.data.tsconfigPath;
  return {
    file,
    project,
    build,
    ...(dirs !== undefined && { dirs }),
    ...(ignorePatterns !== undefined && { ignorePatterns }),
    ...(tsconfig !== undefined && { tsconfig }),
  };
}
