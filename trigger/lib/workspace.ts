import { randomUUID } from "node:crypto";
import { access, mkdir, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";

/** Where the examples keep sample input and results. Everything below it may be deleted at any time. */
export const workspace = join(tmpdir(), "signalbox-examples");

/** A path of a payload: absolute, or relative to the project that the tasks belong to. */
export const projectPath = (path: string) => (isAbsolute(path) ? path : resolve(process.cwd(), path));

/** Writes beside the target and renames, so that a reader or a second attempt never meets half a file. */
export async function writeWhole(path: string, content: Parameters<typeof writeFile>[1]): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.draft`;
  await writeFile(draft, content);
  await rename(draft, path);
  return path;
}

export const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
