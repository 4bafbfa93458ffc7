import { createHash } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { create } from "tar";
import type { Logger } from "@/server/log";
import { projectDirectory } from "./build-project";
import { BuildFailure } from "./build-error";
import type { BuildRecord, Made, PlacedPackage } from "./builder-protocol";
import { copyPackages, findInstalled } from "./copy-packages";
import { toPosix } from "./find-task-files";
import { packedFile, packedLimits, type PackedBuild } from "./packed-build";
import { isReservedVariable, readProjectEnv } from "./project-env";
import { runBuilder, startBuilder } from "./run-builder";
import { runCommands } from "./run-commands";

export interface PackOptions {
  projectDir: string;
  /** Compiled `builder/main.js` and `sdk/index.js` of this installation. */
  builderEntry: string;
  sdkEntry: string;
  /** What the config and its extensions may read, besides the project's .env files. */
  env: NodeJS.ProcessEnv;
  log: Logger;
}

export interface Packed {
  project: string;
  /** What its extensions have added. */
  record: BuildRecord;
  /** The gzipped tar, and its size and SHA-256. */
  file: string;
  bytes: number;
  sha256: string;
  files: number;
  unpackedBytes: number;
  /** Removes the file. */
  remove(): Promise<void>;
}

/**
 * Builds a project for another machine: its code, and the packages that stay outside of the bundle with all that they need. The same
 * sources give the same file. Throws `BuildFailure`.
 */
export async function packProject(options: PackOptions): Promise<Packed> {
  const projectDir = await projectDirectory(options.projectDir);
  const folder = await mkdtemp(join(tmpdir(), "signalbox-deploy-"));
  const clear = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", clear);
  const remove = async () => {
    await rm(folder, { recursive: true, force: true });
    process.off("exit", clear);
  };
  try {
    const outputDir = join(folder, "builds", "packed");
    const projectEnv = readProjectEnv(projectDir, "start");
    const env = { ...withoutSecrets(options.env), ...projectEnv, NODE_ENV: "production" as const };
    const made = await runBuilder({
      builder: startBuilder(options.builderEntry),
      request: {
        projectDir,
        dataDir: folder,
        mode: "start",
        sdkEntry: options.sdkEntry,
        outputDir,
        runs: "elsewhere",
        beside: [],
        env,
        projectEnv,
      },
      log: options.log,
      onSources: () => {},
    });
    await runCommands(made.commands, { directory: outputDir, projectDir, env: { ...env, ...made.commandEnv }, log: options.log });
    // The commands were lent the project's packages.
    if (made.commands.length > 0) await rm(join(outputDir, "node_modules"), { force: true, recursive: true });
    await copyPackages([...made.packages, ...(await packagesOfLayers(made, projectDir))], outputDir);
    const files = await filesBelow(outputDir);
    await writeFile(
      join(outputDir, packedFile),
      JSON.stringify(
        describe(
          made,
          files.map(({ path }) => path),
        ),
      ),
    );

    const file = join(folder, "build.tgz");
    await create({ file, cwd: outputDir, gzip: { level: 6 }, portable: true, mtime: new Date(0), noDirRecurse: true, follow: true }, [
      packedFile,
      ...files.map(({ path }) => path),
    ]);
    const { size } = await stat(file);
    if (size > packedLimits.bytes)
      throw new BuildFailure({
        message: `The packed build has ${Math.ceil(size / 1024 ** 2)} MB, and ${packedLimits.bytes / 1024 ** 2} MB may be sent. Leave out what tasks do not need, such as large additionalFiles`,
      });
    await rm(outputDir, { recursive: true, force: true });
    return {
      project: made.project,
      record: made.record,
      file,
      bytes: size,
      sha256: await sha256Of(file),
      files: files.length,
      unpackedBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

function withoutSecrets(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined || isReservedVariable(name) ? [] : [[name, value]])),
  );
}

/** Packages that no code imports, which extensions ask for. */
async function packagesOfLayers(made: Made, projectDir: string): Promise<PlacedPackage[]> {
  const placed = new Set(made.packages.map(({ name }) => name));
  const names = new Set(made.record.layers.flatMap(({ dependencies }) => Object.keys(dependencies)).filter((name) => !placed.has(name)));
  const found: PlacedPackage[] = [];
  for (const name of names) {
    const directory = await findInstalled(name, projectDir);
    if (directory === null)
      throw new BuildFailure({
        message: `The package ${name}, which a build extension asks for, is not installed in the project. Install it: npm install ${name}`,
      });
    found.push({ name, directory, to: `node_modules/${name}` });
  }
  return found;
}

function describe(made: Made, paths: readonly string[]): PackedBuild {
  return {
    format: 1,
    project: made.project,
    configFile: made.configFile,
    conditions: made.conditions,
    variables: made.variables,
    hasCertificates: made.hasCertificates,
    record: made.record,
    machine: { platform: process.platform, arch: process.arch },
    native: paths.filter((path) => path.endsWith(".node")),
  };
}

async function filesBelow(folder: string): Promise<{ path: string; bytes: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map((entry) => join(entry.parentPath, entry.name));
  const files = await Promise.all(
    paths.toSorted().map(async (path) => {
      const info = await stat(path);
      return info.isFile() ? [{ path: toPosix(relative(folder, path)), bytes: info.size }] : [];
    }),
  );
  return files.flat();
}

/** Hex. */
export async function sha256Of(file: string): Promise<string> {
  const sum = createHash("sha256");
  await pipeline(createReadStream(file), sum);
  return sum.digest("hex");
}
