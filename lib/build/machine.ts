import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** Absolute path of the first of these programs that PATH has; undefined: none. */
export async function findProgram(...names: string[]): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const name of names) {
    for (const path of name.includes("/") ? [name] : folders.map((folder) => join(folder, name))) {
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

const run = promisify(execFile);

/** What a program prints, both streams; undefined: it could not be run, or said that something is wrong. */
export async function outputOf(program: string, args: string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(program, args, { timeout: 20_000, maxBuffer: 10_000_000 });
    return stdout + stderr;
  } catch {
    return undefined;
  }
}

/** Debian packages (`name` or `name=version`) that this machine lacks; undefined: it is no Debian, so nobody can tell. */
export async function missingDebianPackages(packages: readonly string[]): Promise<string[] | undefined> {
  const query = await findProgram("dpkg-query");
  if (query === undefined) return undefined;
  const installed = new Map<string, string>();
  const listed = (await outputOf(query, ["-W", "-f=${binary:Package}\t${db:Status-Status}\t${Version}\t${Provides}\n"])) ?? "";
  for (const line of listed.split("\n")) {
    const [name = "", status, version = "", provides = ""] = line.split("\t");
    if (status !== "installed") continue;
    installed.set(name.replace(/:.*$/, ""), version);
    for (const provided of provides.split(",")) {
      const virtual = provided.trim().split(/[\s(:]/, 1)[0] ?? "";
      if (virtual !== "" && !installed.has(virtual)) installed.set(virtual, "");
    }
  }
  return packages.filter((wanted) => {
    const [name = "", version] = wanted.split("=");
    const found = installed.get(name);
    return found === undefined || (version !== undefined && found !== version);
  });
}

export const aptInstall = (packages: readonly string[]): string => `apt-get install -y ${packages.join(" ")}`;

/** The same as a line of a Containerfile, of an image of Debian. */
export const aptRun = (packages: readonly string[]): string =>
  `RUN apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")} && rm -rf /var/lib/apt/lists/*`;
