import { z } from "zod";
import { BuildError } from "@/lib/contracts/task";
import type { WorkerEnvironment } from "./worker-environment";

/** Messages between the server and the process that builds. */

const texts = z.array(z.string());
const Variables = z.record(z.string(), z.string());

/** Variables that a build gives to its tasks besides the project's own: `defaults` lose against those, `overrides` win. */
export const TaskVariables = z.object({ defaults: Variables, overrides: Variables });
export type TaskVariables = z.infer<typeof TaskVariables>;

export const BuildRequest = z.object({
  projectDir: z.string(),
  dataDir: z.string(),
  mode: z.enum(["dev", "start"]),
  sdkEntry: z.string(),
  /** Where the bundle goes. */
  outputDir: z.string(),
  /** Whether the build runs here, with the packages of the project, or is taken elsewhere with all that it needs. */
  runs: z.enum(["here", "elsewhere"]),
  /** Packages that an earlier build found to need their files beside them. */
  beside: texts,
  /** Of the process from now on: nothing of the server's. */
  env: z.custom<WorkerEnvironment>((value) => Variables.safeParse(value).success),
  /** The project's own part of it. */
  projectEnv: Variables,
});
export type BuildRequest = z.infer<typeof BuildRequest>;

/** What build extensions have added, kept with the version. Variables by name only. */
export const BuildRecord = z.object({
  target: z.enum(["dev", "deploy"]),
  layers: z.array(
    z.object({
      extension: z.string(),
      id: z.string(),
      files: texts,
      commands: texts,
      packages: texts,
      instructions: texts,
      /** For an image alone. */
      container: z.object({ instructions: texts, env: Variables }).default({ instructions: [], env: {} }),
      dependencies: Variables,
      conditions: texts,
      variables: texts,
      /** Those of them that say where something is on the machine that built. */
      places: texts,
    }),
  ),
});
export type BuildRecord = z.infer<typeof BuildRecord>;

/** A package that stays outside of the bundle, and the folder below the build's that it has where the build is taken elsewhere. */
export const PlacedPackage = z.object({ name: z.string(), directory: z.string(), to: z.string() });
export type PlacedPackage = z.infer<typeof PlacedPackage>;

const Made = z.object({
  project: z.string(),
  configFile: z.string(),
  cwd: z.enum(["project", "build"]),
  /** Import conditions of the task processes. */
  conditions: texts,
  variables: TaskVariables,
  hasCertificates: z.boolean(),
  /** Run in the build's folder before the version is tried, with these variables besides the tasks'. */
  commands: texts,
  commandEnv: Variables,
  record: BuildRecord,
  /** What the machine lacks, a sentence each. */
  lacks: texts,
  beside: texts,
  /** Those that need it too and are bundled all the same, as the config says. */
  torn: texts,
  packages: z.array(PlacedPackage),
  /** Of everything in the build's folder. */
  hash: z.string(),
});
export type Made = z.infer<typeof Made>;

export const FromBuilder = z.discriminatedUnion("type", [
  z.object({ type: z.literal("log"), level: z.enum(["debug", "info", "warn"]), message: z.string() }),
  /** The config is loaded: what comes now may take its time. */
  z.object({ type: z.literal("loaded") }),
  /** Absolute paths of what the build is made from, as far as it is known; comes again as more is. */
  z.object({ type: z.literal("sources"), files: texts, directories: texts }),
  z.object({ type: z.literal("made"), made: Made }),
  z.object({ type: z.literal("failed"), error: BuildError }),
]);
export type FromBuilder = z.infer<typeof FromBuilder>;
