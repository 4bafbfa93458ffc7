import { addAdditionalFilesToBuild } from "../copy-files";
import type { BuildExtension } from "../extension";

export interface AdditionalFilesOptions {
  /** Globs, relative to the project. */
  files: string[];
}

/** Copies files into the build's folder. */
export function additionalFiles(options: AdditionalFilesOptions): BuildExtension {
  return {
    name: "additionalFiles",
    onBuildComplete: (context, manifest) => addAdditionalFilesToBuild("additionalFiles", options, context, manifest),
  };
}
