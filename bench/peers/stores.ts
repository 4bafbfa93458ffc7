import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { openCluster } from "@/server/db/postgres/cluster";
import { chooseAddress, startPostmaster } from "@/server/db/postgres/postmaster";
import { durability, serverSettings } from "@/server/db/postgres/settings";
import { createLog } from "@/server/log";
import { peersFolder } from "./peer";

export interface Store {
  connection: string;
  databasePid: number;
  stop(): Promise<void>;
}

/** Pinned to the major versions whose settings are in this folder. */
const packages = ["graphile-worker@0.18", "pg-boss@12", "bullmq@6", "ioredis@6", "@dbos-inc/dbos-sdk@5"];

export function installPeers(): void {
  mkdirSync(peersFolder, { recursive: true });
  writeFileSync(join(peersFolder, "package.json"), JSON.stringify({ private: true }));
  const args = ["install", "--prefix", peersFolder, "--no-audit", "--no-fund", "--no-package-lock", "--loglevel", "error", ...packages];
  const { status } = spawnSync("npm", args, { stdio: ["ignore", "inherit", "inherit"], shell: process.platform === "win32" });
  if (status !== 0) throw new Error("npm could not install the peers; choose other rows than `peers`, or try again with a network");
}

/** The product's own PostgreSQL with the product's own settings, in a folder of its own. */
export async function startPostgres(folder: string): Promise<Store> {
  mkdirSync(folder, { recursive: true });
  const cluster = await openCluster(folder);
  const log = createLog({ level: "error", format: "json", write: (line) => process.stderr.write(line) });
  const postmaster = await startPostmaster({ cluster, address: await chooseAddress(cluster), settings: serverSettings, log });
  await assertDurable(postmaster.url);
  return { connection: postmaster.url, databasePid: postmaster.pid, stop: postmaster.stop };
}

/** Figures with durability off would be worthless. */
export async function assertDurable(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    for (const [name, wanted] of Object.entries(durability)) {
      const { rows } = await client.query<{ value: string }>("select current_setting($1) as value", [name]);
      if (rows[0]?.value !== wanted)
        throw new Error(`${name} is ${rows[0]?.value}, not ${wanted}: nothing measured here would mean anything`);
    }
  } finally {
    await client.end();
  }
}

export const hasRedis = (): boolean => spawnSync("redis-server", ["--version"]).status === 0;

/** Redis on a Unix socket, with an append-only file. */
export async function startRedis(folder: string, fsync: "everysec" | "always"): Promise<Store> {
  mkdirSync(folder, { recursive: true });
  const connection = join(folder, "redis.sock");
  const settings = {
    port: "0",
    unixsocket: connection,
    dir: folder,
    appendonly: "yes",
    appendfsync: fsync,
    save: "",
    "maxmemory-policy": "noeviction",
  };
  const child = spawn(
    "redis-server",
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: "ignore" },
  );
  const ended = once(child, "exit");
  const { pid } = child;
  if (pid === undefined) throw new Error("redis-server could not be started");
  await waitUntil(() => spawnSync("redis-cli", ["-s", connection, "ping"]).stdout.toString().startsWith("PONG"), "redis-server");
  return {
    connection,
    databasePid: pid,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function waitUntil(ready: () => boolean, what: string): Promise<void> {
  for (const until = Date.now() + 10_000; !ready(); await delay(50))
    if (Date.now() > until) throw new Error(`${what} did not come up within 10 s`);
}
