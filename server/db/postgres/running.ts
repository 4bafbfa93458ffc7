import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { role } from "./cluster";
import { chooseAddress, urlOf } from "./postmaster";

/** How to reach the database server that another process runs on this data directory; undefined: there is none. */
export async function runningPostgresUrl(dataDir: string): Promise<string | undefined> {
  const database = join(resolve(dataDir), "postgres");
  const [pidFile, passwordFile] = [join(database, "postmaster.pid"), join(dataDir, "postgres-password")];
  if (!existsSync(pidFile) || !existsSync(passwordFile)) return undefined;
  const password = readFileSync(passwordFile, "utf8").trim();
  // The fourth line of postmaster.pid is the port.
  const port = Number(readFileSync(pidFile, "utf8").split("\n")[3]);
  const address = await chooseAddress({ database });
  return urlOf({ password }, "port" in address ? { port } : address, role);
}
