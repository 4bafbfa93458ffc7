import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { canReach, chooseAccount, own, type Account } from "./account";
import { completeLinks, copyBinaries, findBinaries } from "./binaries";
import { PostgresError } from "./error";

/** Where one database lives and how its binaries are run. */
export interface Cluster {
  /** PGDATA. */
  database: string;
  bin: string;
  account: Account | undefined;
  password: string;
  logFile: string;
}

/** Owns the database that it is named after, and nothing else. */
export const role = "signalbox";
/** Made by initdb, without a password: nobody signs in as it. */
export const superuser = "postgres";
const bundledMajor = "18";

/** Finds binaries and account, and makes the database on first use. `dataDir` is ours and exists. */
export async function openCluster(dataDir: string): Promise<Cluster> {
  const database = join(resolve(dataDir), "postgres");
  const account = chooseAccount(database);
  const native = await usableBinaries(dataDir, account);
  const cluster: Cluster = {
    database,
    bin: join(native, "bin"),
    account,
    password: readPassword(dataDir),
    logFile: join(dataDir, "postgres.log"),
  };
  const version = join(database, "PG_VERSION");
  if (!existsSync(version)) {
    if (existsSync(database))
      throw new PostgresError(`${database} exists but holds no PostgreSQL database. Move it away, or point SIGNALBOX_DATA elsewhere.`);
    await initialise(cluster);
  }
  const major = readFileSync(version, "utf8").trim();
  if (major !== bundledMajor)
    throw new PostgresError(
      `${database} was made by PostgreSQL ${major}; this Signalbox brings ${bundledMajor}. Dump it with the older release and restore it here.`,
    );
  repairOwner(cluster);
  return cluster;
}

async function usableBinaries(dataDir: string, account: Account | undefined): Promise<string> {
  const native = findBinaries();
  if (completeLinks(native) && canReach(native, account)) return native;
  // Read-only packages, or packages below a folder (such as /root) that the database's user may not enter.
  for (const parent of [dataDir, "/var/lib/signalbox", join(tmpdir(), "signalbox")]) {
    const copy = join(parent, `postgres-binaries-${bundledMajor}-${statSync(join(native, "bin", executable("postgres"))).size}`);
    try {
      mkdirSync(parent, { recursive: true, mode: 0o755 });
      if (!canReach(parent, account)) continue;
      if (!existsSync(copy)) await copyWhole(native, copy);
      return copy;
    } catch {
      continue;
    }
  }
  throw new PostgresError(
    `the user ${account?.name ?? "of this process"} cannot run the PostgreSQL binaries in ${native}. Install Signalbox where that user may read, or set DATABASE_URL.`,
  );
}

/** The name appears only when all of it is there. */
async function copyWhole(native: string, copy: string): Promise<void> {
  const staging = `${copy}.${process.pid}`;
  rmSync(staging, { recursive: true, force: true });
  await copyBinaries(native, staging);
  if (!completeLinks(staging)) throw new PostgresError(`cannot write below ${staging}`);
  chmodSync(staging, 0o755);
  if (existsSync(copy)) rmSync(staging, { recursive: true });
  else renameSync(staging, copy);
}

export const executable = (name: string) => (process.platform === "win32" ? `${name}.exe` : name);

function readPassword(dataDir: string): string {
  const file = join(dataDir, "postgres-password");
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const password = randomBytes(24).toString("base64url");
  writeFileSync(file, password + "\n", { mode: 0o600, flag: "wx" });
  return password;
}

/** initdb goes into a folder that gets its name at the end, so a kill half-way leaves nothing that looks like a database. */
async function initialise(cluster: Cluster): Promise<void> {
  removeLeftovers(cluster.database);
  // A name of its own: the initdb of a killed predecessor may still be writing into the other one.
  const staging = `${cluster.database}.new-${process.pid}`;
  mkdirSync(staging, { mode: 0o700 });
  own(staging, cluster.account);
  const at = { ...cluster, database: staging };
  await run(at, { program: "initdb", args: [...initdbArguments, "-D", dataArgument(at)] });
  writeFileSync(join(staging, "pg_hba.conf"), accessRules);
  await asSuperuser(at, [`create role ${role} login password '${cluster.password}'`, `create database ${role} owner ${role}`]);
  renameSync(staging, cluster.database);
}

/** A line each, through standard input of a server that nobody can connect to: a password is never in a file or an argument. */
export async function asSuperuser(cluster: Cluster, statements: readonly string[]): Promise<void> {
  await run(cluster, {
    program: "postgres",
    args: ["--single", "-D", dataArgument(cluster), "postgres"],
    input: `${statements.join(";\n")};\n`,
  });
}

function removeLeftovers(database: string): void {
  const folder = dirname(database);
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith(`${basename(database)}.new-`))) {
    try {
      rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    } catch {
      continue; // still written to; the next start gets it
    }
  }
}

const initdbArguments =
  `--username ${superuser} --auth trust --encoding UTF8 --locale C --lc-messages C --data-checksums --no-instructions`.split(" ");
const accessRules = `local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
`;

/**
 * On Linux the server is started inside its folder and told "here": it then needs no access to the folders above,
 * which another user (root) may have closed. Its own check would otherwise walk the absolute path.
 */
export const dataArgument = (cluster: Cluster): string => (process.platform === "linux" ? "/proc/self/cwd" : cluster.database);

export function spawnOptions(cluster: Cluster) {
  const { PATH, HOME, SystemRoot, NODE_ENV } = process.env;
  return {
    cwd: cluster.database,
    env: { PATH, HOME, SystemRoot, NODE_ENV, LC_ALL: "C", TZ: "UTC" },
    ...(cluster.account && { uid: cluster.account.uid, gid: cluster.account.gid }),
  };
}

async function run(cluster: Cluster, command: { program: string; args: string[]; input?: string }): Promise<void> {
  const child = spawn(join(cluster.bin, executable(command.program)), command.args, { ...spawnOptions(cluster), stdio: "pipe" });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.on("error", () => {}); // it may end before it has read everything; its exit code says why
  child.stdin.end(command.input ?? "");
  const code = await new Promise<number | string>((done, fail) => {
    child.on("error", fail);
    child.on("close", (status, signal) => done(status ?? signal ?? "unknown"));
  });
  if (code !== 0)
    throw new PostgresError(
      `${command.program} failed (${code}): ${output.replaceAll(cluster.password, "[redacted]").trim().split("\n").slice(-4).join(" · ")}`,
    );
}

/** After a restore or a copy by root the files may belong to root. */
function repairOwner(cluster: Cluster): void {
  if (cluster.account !== undefined && statSync(cluster.database).uid !== cluster.account.uid) own(cluster.database, cluster.account);
  else if (process.getuid !== undefined && process.getuid() !== 0 && statSync(cluster.database).uid !== process.getuid())
    throw new PostgresError(
      `${cluster.database} belongs to another user (uid ${statSync(cluster.database).uid}). Start Signalbox as that user, or change the owner: chown -R ${process.getuid()} ${dirname(cluster.database)}`,
    );
  chmodSync(cluster.database, 0o700);
}
