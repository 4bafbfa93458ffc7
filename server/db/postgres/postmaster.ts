import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Logger } from "../../log";
import { dataArgument, executable, role, spawnOptions, type Cluster } from "./cluster";
import { PostgresError } from "./error";
import { asArguments, compression, type Settings } from "./settings";

/** A running server that is our child. */
export interface Postmaster {
  pid: number;
  url: string;
  exited: Promise<string>;
  stop(): Promise<void>;
}

/** Where it listens. A Unix socket has no port that others could take, and costs less per round trip than TCP. */
export type Address = { socketDirectory: string } | { port: number };

/** sun_path holds 107 bytes on Linux and 103 on macOS; the file name takes 15. */
const longestSocketDirectory = 85;

export async function chooseAddress(cluster: Pick<Cluster, "database">): Promise<Address> {
  const fits = process.platform !== "win32" && Buffer.byteLength(cluster.database) <= longestSocketDirectory;
  return fits ? { socketDirectory: cluster.database } : { port: await freePort() };
}

export function urlOf(cluster: Pick<Cluster, "password">, address: Address, databaseName: string = role): string {
  const place =
    "port" in address
      ? `127.0.0.1:${address.port}/${databaseName}`
      : `localhost/${databaseName}?host=${encodeURIComponent(address.socketDirectory)}`;
  return `postgres://${role}:${cluster.password}@${place}`;
}

export async function startPostmaster(options: {
  cluster: Cluster;
  address: Address;
  settings: Settings;
  log: Logger;
}): Promise<Postmaster> {
  const { cluster, address, settings, log } = options;
  const postgres = join(cluster.bin, executable("postgres"));
  const place = spawnOptions(cluster);
  const listen: Settings =
    "port" in address
      ? { listen_addresses: "127.0.0.1", port: String(address.port), unix_socket_directories: "" }
      : { listen_addresses: "", unix_socket_directories: ".", unix_socket_permissions: "0700" };
  const output = openSync(rotate(cluster.logFile), "a", 0o600);
  const logStart = fstatSync(output).size;
  const child = spawn(
    postgres,
    ["-D", dataArgument(cluster), ...asArguments({ ...settings, ...compression(postgres, place), ...listen })],
    {
      ...place,
      stdio: ["ignore", output, output],
      // A session of its own: Ctrl-C in the terminal reaches the server alone, which stops the database last.
      detached: true,
    },
  );
  closeSync(output);
  const exited = new Promise<string>((done) => {
    child.once("error", (error) => done(error.message));
    child.once("exit", (code, signal) => done(`${signal ?? `exit code ${code}`}: ${readTail(cluster.logFile, logStart)}`));
  });
  const url = urlOf(cluster, address);
  const stop = () => stopChild(child, exited);
  try {
    await accepting({ url, exited, log });
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: pidOf(child), url, exited, stop };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new PostgresError("PostgreSQL could not be started");
  return child.pid;
}

const silenceMs = 60_000;
const reportEveryMs = 10_000;

/** Recovery may take as long as it takes, and says so (57P03); a server that says nothing at all has 60 s. Throws when it ended. */
async function accepting({ url, exited, log }: { url: string; exited: Promise<string>; log: Logger }): Promise<void> {
  let ended: string | undefined;
  void exited.then((reason) => (ended = reason));
  let heard = performance.now();
  for (let nextReport = performance.now() + reportEveryMs; ;) {
    const problem = await tryConnect(url);
    if (problem === undefined) return;
    if (ended !== undefined) throw new PostgresError(`PostgreSQL did not start (${ended})`);
    if (!isStarting(problem)) throw new PostgresError(`PostgreSQL started but refuses us: ${problem.message}`);
    if (problem.code === "57P03") heard = performance.now();
    if (performance.now() > heard + silenceMs) throw new PostgresError("PostgreSQL did not start in time");
    if (performance.now() > nextReport) {
      log.info("waiting for PostgreSQL to recover");
      nextReport += reportEveryMs;
    }
    await sleep(20);
  }
}

type Problem = Error & { code?: string };

async function tryConnect(connectionString: string): Promise<Problem | undefined> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {}); // the outcome is read from connect()
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await client.end().catch(() => {});
  }
}

/** Not there yet, or 57P03: the database is starting up, shutting down or in recovery. */
function isStarting(error: Problem): boolean {
  const codes = ["57P03", "57P01", "57P02", "ECONNREFUSED", "ENOENT", "ECONNRESET"];
  return codes.includes(error.code ?? "") || /timeout|terminated unexpectedly/i.test(error.message);
}

/** Fast shutdown (SIGINT): running statements are aborted, everything committed is on disk, the next start needs no recovery. */
async function stopChild(child: ChildProcess, exited: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGINT");
  const first = await Promise.race([exited, sleep(30_000, "late", { ref: false })]);
  if (first !== "late") return;
  child.kill("SIGQUIT"); // immediate shutdown: recovery at the next start, but nothing lost
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once("error", fail).listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new PostgresError("no free TCP port on 127.0.0.1");
  return address.port;
}

const logFileBytes = 8 * 1024 * 1024;

function rotate(file: string): string {
  if (existsSync(file) && statSync(file).size > logFileBytes) renameSync(file, `${file}.1`);
  return file;
}

function readTail(file: string, from: number): string {
  const size = Math.max(0, statSync(file).size - from);
  const buffer = Buffer.alloc(Math.min(size, 4_000));
  const handle = openSync(file, "r");
  readSync(handle, buffer, 0, buffer.length, from + size - buffer.length);
  closeSync(handle);
  const lines = buffer
    .toString()
    .split("\n")
    .filter((line) => /FATAL|PANIC|ERROR|HINT|DETAIL/.test(line));
  return lines.slice(-3).join(" · ") || "it left no message";
}
