import { inspect } from "node:util";
import type { Plugin } from "esbuild";
import type { BuildContext, BuildExtension, BuildLayer, BuildManifest, BuildTarget, RegisterPluginOptions } from "@/lib/build/extension";
import { BuildFailure, fromStack } from "./build-error";

export type Say = (level: "debug" | "info" | "warn", message: string) => void;

interface ContextOptions {
  target: BuildTarget;
  config: BuildContext["config"];
  workingDir: string;
  resolve(path: string): Promise<string | null>;
  say: Say;
}

export interface Extensions {
  /** Package names that stay outside of the bundle. */
  externals(): string[];
  start(): Promise<void>;
  /** Plugins in their order: those that come before Signalbox's, and those that come after. */
  plugins(): { first: Plugin[]; last: Plugin[] };
  complete(manifest: BuildManifest): Promise<void>;
  /** What was added, with who added it. */
  layers: { extension: string; layer: BuildLayer }[];
}

/** The extensions of a config, in their order. What one throws fails the build under its name. */
export function openExtensions(
  extensions: readonly BuildExtension[],
  { target, config, workingDir, resolve, say }: ContextOptions,
): Extensions {
  const layers: Extensions["layers"] = [];
  const registered: { plugin: Plugin; options: RegisterPluginOptions }[] = [];
  let state: "starting" | "bundling" = "starting";

  function contextOf({ name }: BuildExtension): BuildContext {
    const line = (args: unknown[]) =>
      `${name}: ${args.map((arg) => (typeof arg === "string" ? arg : inspect(arg, { depth: 2, breakLength: Infinity }))).join(" ")}`;
    return {
      target,
      config,
      workingDir,
      logger: {
        debug: (...args) => say("debug", line(args)),
        log: (...args) => say("info", line(args)),
        warn: (...args) => say("warn", line(args)),
        progress: (message) => say("info", line([message])),
        spinner(message) {
          say("debug", line([message]));
          return { stop: (end) => say("info", line([end])), message: (next) => say("debug", line([next])) };
        },
      },
      addLayer: (layer) => void layers.push({ extension: name, layer }),
      registerPlugin(plugin, options = {}) {
        if (state !== "starting") throw new Error("registerPlugin can be called in onBuildStart only: the code is bundled by now");
        if (options.target === undefined || options.target === target) registered.push({ plugin, options });
      },
      resolvePath: async (path) => (await resolve(path)) ?? undefined,
    };
  }

  async function each(hook: (extension: BuildExtension, context: BuildContext) => unknown): Promise<void> {
    for (const extension of extensions) {
      try {
        await hook(extension, contextOf(extension));
      } catch (error) {
        throw failureOf(extension, error, workingDir);
      }
    }
  }

  return {
    externals: () => extensions.flatMap((extension) => extension.externalsForTarget?.(target) ?? []),
    async start() {
      await each((extension, context) => extension.onBuildStart?.(context));
      state = "bundling";
    },
    plugins() {
      const of = (isWanted: (placement: RegisterPluginOptions["placement"]) => boolean) =>
        registered.filter(({ options }) => isWanted(options.placement)).map(({ plugin }) => plugin);
      return {
        first: of((placement) => placement === "first"),
        last: [...of((placement) => placement === undefined), ...of((placement) => placement === "last")],
      };
    },
    complete: (manifest) => each((extension, context) => extension.onBuildComplete?.(context, manifest)),
    layers,
  };
}

function failureOf({ name }: BuildExtension, error: unknown, projectDir: string): BuildFailure {
  if (error instanceof BuildFailure) return error;
  const message = `The build extension "${name}" failed: ${error instanceof Error ? error.message : String(error)}`;
  return new BuildFailure(fromStack(error instanceof Error ? (error.stack ?? "") : "", projectDir, message));
}
