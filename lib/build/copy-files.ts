import { cp, mkdir } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { filesOf } from "./glob";
import type { BuildContext, BuildManifest } from "./extension";

/** Copies files into the build's folder, at their place relative to the project without what leads out of it. `files` are globs. */
export async function addAdditionalFilesToBuild(
  source: string,
  options: { files: string[] },
  context: BuildContext,
  manifest: Pick<BuildManifest, "outputPath">,
): Promise<void> {
  for (const glob of options.files) {
    const found = await filesOf(glob, context.workingDir);
    if (found.length === 0) context.logger.warn(`${source}: no file fits ${JSON.stringify(glob)}, looked for from ${context.workingDir}`);
    for (const file of found) {
      const target = join(manifest.outputPath, placeOf(relative(context.workingDir, file)));
      await mkdir(dirname(target), { recursive: true });
      await cp(file, target);
    }
    const outside = found.filter((file) => relative(context.workingDir, file).startsWith(".."));
    if (outside.length > 0 && context.config["legacyDevProcessCwdBehaviour"] !== false)
      context.logger.warn(
        `${source}: ${JSON.stringify(glob)} lies outside of the project. Its copy is in the folder of the build, which is the working directory of tasks only with legacyDevProcessCwdBehaviour: false`,
      );
  }
}

/** `../shared/a.txt` is `shared/a.txt` in the build's folder. */
function placeOf(path: string): string {
  const inside = isAbsolute(path) ? relative(resolve("/"), path) : path;
  return inside
    .split(sep)
    .filter((part) => part !== "..")
    .join(sep);
}
