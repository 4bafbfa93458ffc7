import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { containerfileOf, taskVariablesOf } from "../../build/containerfile";
import { formatOf } from "../connection";
import { usage } from "../failure";
import { openProgress, print, printJson } from "../output";
import { pack, tellDry, type Installation } from "./deploy";

const names = new Set(["Containerfile", "build.tgz", "tasks.env"]);

/** Builds as `deploy` does. With `--image` the folder is what `podman build` or `docker build` takes. */
export async function build(folder: string, options: { image?: string; json?: boolean }, installation: Installation): Promise<void> {
  const context = options.image === undefined ? undefined : resolve(options.image);
  if (context !== undefined) await refuseOther(context);
  const progress = openProgress();
  progress.show("building…");
  const packed = await pack(resolve(folder), installation).finally(progress.end);
  try {
    if (context === undefined) return tellDry(packed, options);
    const { project: ref, record, sha256, bytes } = packed;
    await mkdir(context, { recursive: true });
    await Promise.all([
      writeFile(join(context, "Containerfile"), containerfileOf({ ref, record })),
      writeFile(join(context, "tasks.env"), taskVariablesOf(record)),
      copyFile(packed.file, join(context, "build.tgz")),
    ]);
    if (formatOf(options) === "json") printJson({ project: ref, image: context, bytes, sha256 });
    else
      print(
        `${context} is ready: docker build -f ${join(context, "Containerfile")} ${context}, with --build-arg SIGNALBOX_IMAGE=… for the server's own image.`,
      );
  } finally {
    await packed.remove();
  }
}

/** What lies in the folder is overwritten when it is ours. */
async function refuseOther(context: string): Promise<void> {
  const others = (await readdir(context).catch(() => [])).filter((name) => !names.has(name));
  if (others.length > 0)
    throw usage(
      `--image: ${context} holds other files (${others.slice(0, 3).join(", ")}). Name a folder that is new, or that such a build has written.`,
    );
}
