import type { Plugin } from "esbuild";
import type { BuildExtension, RegisterPluginOptions } from "./extension";

export type * from "./extension";

/** A plugin of esbuild as a build extension. */
export function esbuildPlugin(plugin: Plugin, options: RegisterPluginOptions = {}): BuildExtension {
  return {
    name: plugin.name,
    onBuildStart: (context) => context.registerPlugin(plugin, options),
  };
}
