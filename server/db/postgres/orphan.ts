import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../log";
import { own } from "./account";
import { isCode } from "./binaries";
import type { Cluster } from "./cluster";
import { PostgresError } from "./error";
import { birthOf, isServerOf } from "./process";

/** More than any kernel's highest process number. */
const nobodysPid = 2 ** 30;
const fastShutdownMs = 60_000;
const immediateShutdownMs = 10_000;

/**
 * After our own SIGKILL the database server lives on. It is stopped cleanly, not adopted: only a child reports its end,
 * and the new start may bring other settings. Called with the data directory's lock held, so its owner is surely dead.
 */
export async function stopOrphan(cluster: Pick<Cluster, "database" | "account">, log: Logger): Promise<void> {
  const file = join(cluster.database, "postmaster.pid");
  const content = readIfThere(file);
  const pid = Number.parseInt(content ?? "", 10);
  if (content === undefined || !(pid > 0)) return;
  const birth = birthOf(pid);
  // Gone: the file stays, for with it PostgreSQL itself finds out whether old backends still use the database.
  if (birth === undefined) return;
  if (isServerOf(pid, cluster.database)) await stop({ pid, birth, log });
  else disown({ file, content, cluster });
}

async function stop({ pid, birth, log }: { pid: number; birth: string; log: Logger }): Promise<void> {
  log.info("stopping the database server that a killed Signalbox left behind", { pid });
  const gone = () => birthOf(pid) !== birth;
  for (const [signal, patience] of [
    ["SIGINT", fastShutdownMs],
    ["SIGQUIT", immediateShutdownMs],
  ] as const) {
    signalIfThere(pid, signal);
    const deadline = performance.now() + patience;
    while (!gone() && performance.now() < deadline) await sleep(10);
    if (gone()) return;
  }
  throw new PostgresError(`the database server of a killed Signalbox (process ${pid}) does not stop. End it, then start again.`);
}

/**
 * The number was reused by a process that is surely no database server. PostgreSQL would refuse to start for as long as
 * that one lives. Only the number is replaced: the rest of the file lets it check for leftover backends as ever.
 */
function disown({ file, content, cluster }: { file: string; content: string; cluster: Pick<Cluster, "database" | "account"> }): void {
  const staging = `${file}.new`;
  writeFileSync(staging, content.replace(/^\d+/, String(nobodysPid)), { mode: 0o600 });
  renameSync(staging, file);
  own(cluster.database, cluster.account);
}

function signalIfThere(pid: number, signal: "SIGINT" | "SIGQUIT"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isCode(error, "ESRCH")) throw error;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
