import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import type { TestProject } from "vitest/node";
import { migrate } from "@/server/db/migrate";
import { asSuperuser, openCluster, role, type Cluster } from "@/server/db/postgres/cluster";
import { stopOrphan } from "@/server/db/postgres/orphan";
import { chooseAddress, startPostmaster, urlOf, type Address } from "@/server/db/postgres/postmaster";
import { birthOf } from "@/server/db/postgres/process";
import { serverSettings } from "@/server/db/postgres/settings";
import { createLog } from "@/server/log";

declare module "vitest" {
  export interface ProvidedContext {
    postgres: { admin: string; template: string };
  }
}

const log = createLog({ level: "error", format: "json", write: (line) => process.stderr.write(line) });

const prefix = join(tmpdir(), "signalbox-test-");

/** Once per test run: a PostgreSQL of its own with a migrated template database, gone afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers();
  const directory = mkdtempSync(`${prefix}${process.pid}-`);
  const cluster = await openCluster(directory);
  // No superuser here either; it only makes and drops the databases of the tests.
  await asSuperuser(cluster, [`alter role ${role} createdb`]);
  const address = await chooseAddress(cluster);
  // Durability off here only: nothing of this database outlives the run.
  const settings = { ...serverSettings, fsync: "off", full_page_writes: "off", max_connections: "300", autovacuum: "off" };
  const postmaster = await startPostmaster({ cluster, address, settings, log });
  const stop = async () => {
    await postmaster.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    project.provide("postgres", await makeTemplate(cluster, address));
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

async function makeTemplate(cluster: Cluster, address: Address): Promise<{ admin: string; template: string }> {
  const admin = urlOf(cluster, address, "postgres");
  const template = "signalbox_template";
  const client = new Client({ connectionString: admin });
  await client.connect();
  await client.query(`create database ${template}`);
  await client.end();
  await migrate({ url: urlOf(cluster, address, template), directory: join(import.meta.dirname, "..", "prisma", "migrations"), log });
  return { admin, template };
}

/** A test run that was killed leaves its server behind. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const path = join(tmpdir(), name);
    const pid = path.startsWith(prefix) ? Number.parseInt(path.slice(prefix.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || birthOf(pid) !== undefined) continue;
    await stopOrphan({ database: join(path, "postgres"), account: undefined }, log);
    rmSync(path, { recursive: true, force: true });
  }
}
