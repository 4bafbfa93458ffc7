import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { create, extract } from "tar";
import { z } from "zod";
import { formatBytes } from "@/lib/view/format";
import type { Config } from "./config";
import { startEmbeddedPostgres } from "./db/postgres/embedded";
import { lockDataDirectory } from "./db/postgres/instance-lock";
import type { Logger } from "./log";
import { CommandError } from "./open-stored";

interface BackupOptions {
  args: readonly string[];
  options: { json?: unknown };
  config: Config;
  /** Of this program. */
  version: string;
  log: Logger;
}

/** At the root of a backup: files of PostgreSQL are read by the same release on the same kind of machine only. */
const Label = z.object({
  format: z.literal(1),
  version: z.string(),
  postgres: z.string(),
  platform: z.string(),
  arch: z.string(),
  at: z.string(),
});
const labelFile = "backup.json";

/** Made anew, of this process alone, or of no use to anybody else. */
const left =
  /^(?:\.\/)?(?:ballast|workers\/.+|deployments\/.+|signalbox\.lock.*|postgres\.log|postgres-binaries-[^/]*|builds\/\.[^/]+|builds\/node_modules|node_modules|postgres\/postmaster\.(?:pid|opts))(?:\/|$)/;

/**
 * Everything of the data directory in one file: database, master key, packets, builds. Of a server that is stopped: what PostgreSQL
 * has in memory is written first, by starting and stopping it.
 */
export async function backupCommand({ args, options, config, version, log }: BackupOptions): Promise<string> {
  const { dataDir } = config;
  if (config.databaseUrl !== undefined)
    throw new CommandError(
      `The database is at DATABASE_URL: back it up with pg_dump, and ${dataDir} (keys, packets, builds) with your files.`,
    );
  if (!existsSync(join(dataDir, "postgres")))
    throw new CommandError(`SIGNALBOX_DATA: ${dataDir} holds no database. Run this where the server runs, with the same variables.`);
  const at = new Date().toISOString();
  const file = resolve(args[0] ?? `signalbox-${at.slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}.tgz`);
  if (existsSync(file)) throw new CommandError(`${file} is there already. Name another file.`);
  const lock = lockOr(dataDir, "The server runs: stop it first, then back up (its files change under a copy otherwise).");
  const label = join(dataDir, labelFile);
  const fresh = `${file}.${process.pid}`;
  try {
    await (await startEmbeddedPostgres({ dataDir, log })).close();
    const postgres = (await readFile(join(dataDir, "postgres", "PG_VERSION"), "utf8")).trim();
    await writeFile(
      label,
      JSON.stringify({ format: 1, version, postgres, platform: process.platform, arch: process.arch, at } satisfies z.infer<typeof Label>),
    );
    // Nobody else may read it, the keys least of all.
    await writeFile(fresh, "", { mode: 0o600 });
    await create({ file: fresh, cwd: dataDir, gzip: true, filter: (path) => !left.test(path) }, [
      labelFile,
      ...readdirSync(dataDir).filter((name) => name !== labelFile),
    ]);
    await chmod(fresh, 0o600);
    await rename(fresh, file);
  } finally {
    await rm(label, { force: true });
    await rm(fresh, { force: true });
    lock.release();
  }
  const { size } = await stat(file);
  return options.json === true
    ? JSON.stringify({ file, bytes: size, at })
    : `${file} has everything of ${dataDir} (${formatBytes(size)}). It holds the master key: keep it as you keep keys.`;
}

/** Into a data directory that is not there yet. */
export async function restoreCommand({ args, options, config }: Omit<BackupOptions, "version">): Promise<string> {
  const { dataDir } = config;
  const [given] = args;
  if (given === undefined) throw new CommandError("restore needs the file of a backup.");
  const file = resolve(given);
  if (!existsSync(file)) throw new CommandError(`${file} does not exist.`);
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0)
    throw new CommandError(`${dataDir} is not empty, and nothing was changed. Move it away, or point SIGNALBOX_DATA elsewhere.`);
  const fresh = `${dataDir}.restoring-${process.pid}`;
  await mkdir(dirname(dataDir), { recursive: true });
  try {
    await mkdir(fresh, { mode: 0o700 });
    await extract({ file, cwd: fresh, strict: true }).catch((error: unknown) => {
      throw new CommandError(`${file} cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`);
    });
    const { at, version } = await readLabel(fresh, file);
    await rm(join(fresh, labelFile));
    await rm(dataDir, { recursive: true, force: true });
    await rename(fresh, dataDir);
    return options.json === true
      ? JSON.stringify({ data: dataDir, at, version })
      : `${dataDir} is as it was at ${at} (Signalbox ${version}). Start the server.`;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function readLabel(folder: string, file: string): Promise<z.infer<typeof Label>> {
  const text = await readFile(join(folder, labelFile), "utf8").catch(() => null);
  const label = text === null ? null : Label.safeParse(JSON.parse(text)).data;
  if (label === null || label === undefined) throw new CommandError(`${file} is no backup of Signalbox.`);
  if (label.platform !== process.platform || label.arch !== process.arch)
    throw new CommandError(
      `${file} was made on ${label.platform}/${label.arch}, and PostgreSQL's files are read on such a machine only; this is ${process.platform}/${process.arch}.`,
    );
  return label;
}

function lockOr(dataDir: string, message: string): { release(): void } {
  try {
    return lockDataDirectory(dataDir);
  } catch {
    throw new CommandError(message);
  }
}
