import type { Plugin } from "esbuild";

/** `dev` and `deploy` (`signalbox start`); the third exists for extensions that were written for it. */
export type BuildTarget = "dev" | "deploy" | "unmanaged";

export interface BuildSpinner {
  stop(message: string, code?: number): void;
  message(message: string): void;
}

/** Goes to the server's log; what is a value of a variable has no business in it. */
export interface BuildLogger {
  debug(...args: unknown[]): void;
  log(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  progress(message: string): void;
  spinner(message: string): BuildSpinner;
}

export type PluginPlacement = "first" | "last";

export interface RegisterPluginOptions {
  /** Only for this target; both when not given. */
  target?: BuildTarget | undefined;
  /** Before Signalbox's own plugins, or after them as when not given. */
  placement?: PluginPlacement | undefined;
}

export type Variables = Record<string, string | undefined>;

/** What an extension adds to a build. */
export interface BuildLayer {
  id: string;
  /** Run in the build's folder, once per version, when a version is deployed. A failing one fails the build. */
  commands?: string[] | undefined;
  /** Contents by path below the build's folder. */
  files?: Record<string, string> | undefined;
  image?:
    | {
        /** Debian packages. Signalbox checks that this machine has them. */
        pkgs?: string[] | undefined;
        /** Of a Dockerfile: recorded, and said not to be run here. */
        instructions?: string[] | undefined;
      }
    | undefined;
  build?:
    | {
        /** For `commands`. */
        env?: Variables | undefined;
      }
    | undefined;
  /** Variables of the tasks, when a version is deployed. `override`: they win over the project's own. */
  deploy?:
    | {
        env?: Variables | undefined;
        parentEnv?: Variables | undefined;
        secretEnv?: Variables | undefined;
        secretParentEnv?: Variables | undefined;
        override?: boolean | undefined;
      }
    | undefined;
  /** Packages with their versions that must be installed in the project. */
  dependencies?: Record<string, string> | undefined;
  /** Import conditions of the task processes. */
  conditions?: string[] | undefined;
  /** For an image, of what the extension looks for on a plain machine: lines of a Containerfile, and variables of the tasks there. */
  container?: { instructions?: string[] | undefined; env?: Record<string, string> | undefined } | undefined;
  /** What the machine that the tasks run on has, of what the extension needs: Signalbox's own. */
  host?:
    | {
        /** Variables of the tasks for both targets; the project's own win. */
        env?: Variables | undefined;
        /** A sentence for each thing that is missing, with the command that brings it. */
        missing?: string[] | undefined;
      }
    | undefined;
}

/** The part of the project's config that extensions read, beside what else it holds. */
export interface ResolvedConfig {
  project: string;
  dirs: string[];
  workingDir: string;
  /** Absolute path of the config file. */
  configFile: string;
  [key: string]: unknown;
}

export interface BuildContext {
  target: BuildTarget;
  config: ResolvedConfig;
  /** Folder of the project. */
  workingDir: string;
  logger: BuildLogger;
  addLayer(layer: BuildLayer): void;
  /** Only in `onBuildStart`: later the code is bundled. */
  registerPlugin(plugin: Plugin, options?: RegisterPluginOptions): void;
  /** Where Node finds a module from the project; undefined: it is not installed. */
  resolvePath(path: string): Promise<string | undefined>;
}

/** What was bundled, before it is tried. */
export interface BuildManifest {
  target: BuildTarget;
  environment: string;
  branch?: string | undefined;
  contentHash: string;
  runtime: string;
  config: { project: string; dirs: string[] };
  /** Task files, relative to the project, and the file that each became a part of. */
  files: { entry: string; out: string }[];
  /** Absolute: the build's folder. What is written there is part of the version. */
  outputPath: string;
  configPath: string;
  /** Packages outside of the bundle. */
  externals?: { name: string; version: string }[] | undefined;
  customConditions?: string[] | undefined;
  build: { env?: Record<string, string> | undefined; commands?: string[] | undefined };
  deploy: { env?: Record<string, string> | undefined };
}

export interface BuildExtension {
  name: string;
  /** Packages that stay outside of the bundle. */
  externalsForTarget?(target: BuildTarget): string[] | undefined;
  installedPackagesForTarget?(target: BuildTarget): string[] | undefined;
  onBuildStart?(context: BuildContext): Promise<void> | void;
  onBuildComplete?(context: BuildContext, manifest: BuildManifest): Promise<undefined | void> | undefined | void;
}
