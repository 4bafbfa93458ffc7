import { mkdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Logger } from "../../log";
import { openCluster } from "./cluster";
import { dropBallast, judgeDisk, layBallast } from "./disk";
import { PostgresError } from "./error";
import { stopOrphan } from "./orphan";
import { chooseAddress, startPostmaster, type Postmaster } from "./postmaster";
import { giveUpSuperuser } from "./role";
import { durability, serverSettings } from "./settings";

/** PostgreSQL as our child: started, started again when it dies, stopped last. */
export interface EmbeddedPostgres {
  url: string;
  /** Process number of the server; undefined while it is down. */
  pid(): number | undefined;
  /** Fast shutdown; the next start needs no recovery. */
  close(): Promise<void>;
}

/** The caller holds the data directory's lock. */
export async function startEmbeddedPostgres(options: { dataDir: string; log: Logger }): Promise<EmbeddedPostgres> {
  const { dataDir, log } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const cluster = await openCluster(dataDir);
  await stopOrphan(cluster, log);
  const address = await chooseAddress(cluster);
  const startOnce = () => startPostmaster({ cluster, address, settings: serverSettings, log });
  let current: Postmaster | undefined = await startPatiently({ startOnce, dataDir, log });
  await assertDurable(current.url);
  await giveUpSuperuser(current.url, log);
  await layBallast(dataDir, judgeDisk(await statfs(dataDir)).level);

  const closing = new AbortController();
  const endWithUs = () => void (current !== undefined && process.kill(current.pid, "SIGINT"));
  process.once("exit", endWithUs);

  const supervised = (async () => {
    while (current !== undefined) {
      const reason = await current.exited;
      current = undefined;
      if (closing.signal.aborted) return;
      log.error("PostgreSQL ended by itself; starting it again", { reason });
      current = await restart({ startOnce, dataDir, log, signal: closing.signal });
      // Closed while it started: close() waits for this loop and then stops what it left.
      if (closing.signal.aborted) return;
      if (current !== undefined) log.info("PostgreSQL is back", { pid: current.pid });
    }
  })();

  return {
    url: current.url,
    pid: () => current?.pid,
    async close() {
      closing.abort();
      await current?.stop();
      await supervised;
      await current?.stop(); // a restart that was under way
      process.off("exit", endWithUs);
    },
  };
}

interface Attempt {
  startOnce(): Promise<Postmaster>;
  dataDir: string;
  log: Logger;
}

const startPatienceMs = 60_000;

/** Backends of a killed server need a moment to notice and leave; PostgreSQL refuses until they have. */
async function startPatiently(attempt: Attempt): Promise<Postmaster> {
  const deadline = performance.now() + startPatienceMs;
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 2_000)) {
    try {
      return await attempt.startOnce();
    } catch (error) {
      if (performance.now() > deadline || !isPassing(error)) throw error;
      await giveRoom(attempt);
      await sleep(delayMs);
    }
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof PostgresError &&
  /lock file|shared memory block|still in use|No space left|Address already in use|in time/i.test(error.message);

/** For ever: a full disk or a missing mount may come back tomorrow, and then nobody should have to start anything. */
async function restart(attempt: Attempt & { signal: AbortSignal }): Promise<Postmaster | undefined> {
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 10_000)) {
    if (attempt.signal.aborted) return undefined;
    try {
      return await attempt.startOnce();
    } catch (error) {
      attempt.log.error("PostgreSQL does not start; trying again", { inMs: delayMs, error });
      await giveRoom(attempt);
      await sleep(delayMs, undefined, { signal: attempt.signal }).catch(() => {}); // cut short by close()
    }
  }
}

async function giveRoom({ dataDir, log }: Attempt): Promise<void> {
  if (judgeDisk(await statfs(dataDir)).level !== "full") return;
  log.warn("the disk is full: giving the reserved space to the database");
  dropBallast(dataDir);
}

async function assertDurable(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {}); // the query below rejects too
  await client.connect();
  try {
    for (const [name, wanted] of Object.entries(durability)) {
      const { rows } = await client.query<{ value: string }>("select current_setting($1) as value", [name]);
      if (rows[0]?.value !== wanted)
        throw new PostgresError(
          `PostgreSQL runs with ${name}=${rows[0]?.value}; Signalbox serves only with ${name}=${wanted}, for else a crash loses acknowledged runs.`,
        );
    }
  } finally {
    await client.end();
  }
}
