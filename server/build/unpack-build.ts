import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Unpack, type ReadEntry } from "tar";
import { BuildFailure } from "./build-error";
import { packedLimits } from "./packed-build";

/**
 * Unpacks what was sent into a folder that is empty. Nothing leads out of it: only files and folders are taken, at paths below it.
 * Throws `BuildFailure`; what was written until then is the caller's to remove.
 */
export async function unpackBuild({
  file,
  directory,
  limits = packedLimits,
}: {
  file: string;
  directory: string;
  limits?: Pick<typeof packedLimits, "unpackedBytes" | "files">;
}): Promise<void> {
  const source = createReadStream(file);
  let bytes = 0;
  let files = 0;
  let refused: BuildFailure | undefined;
  const unpack = new Unpack({
    cwd: directory,
    strict: true,
    preserveOwner: false,
    filter(path, entry) {
      // While unpacking it is an entry of the archive.
      const problem = complaint(path, entry as ReadEntry);
      bytes += entry.size ?? 0;
      files += 1;
      if (problem !== null)
        refused ??= new BuildFailure({ message: `The upload is no build: ${JSON.stringify(path.slice(0, 200))} ${problem}` });
      else if (bytes > limits.unpackedBytes || files > limits.files)
        refused ??= new BuildFailure({
          message: `The upload holds more than ${limits.files} files or ${limits.unpackedBytes / 1024 ** 2} MB. Leave out what tasks do not need`,
        });
      if (refused !== undefined) source.destroy(refused);
      return refused === undefined;
    },
  });
  try {
    await pipeline(source, unpack);
  } catch (error) {
    throw (
      refused ?? new BuildFailure({ message: `The upload cannot be unpacked: ${error instanceof Error ? error.message : String(error)}` })
    );
  }
  if (refused !== undefined) throw refused;
}

function complaint(path: string, { type, mode = 0 }: ReadEntry): string | null {
  if (type !== "File" && type !== "Directory") return `is a ${type}, and only files and folders are taken`;
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path) || path.includes("\\") || path.split("/").includes(".."))
    return "leads out of the build's folder";
  return (mode & 0o7000) === 0 ? null : "would run as another user";
}
