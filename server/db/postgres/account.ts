import { chownSync, lchownSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { PostgresError } from "./error";

/** PostgreSQL refuses to run as root. Undefined: run as who we are. */
export interface Account {
  uid: number;
  gid: number;
  name: string;
}

/** As root: who owns the database already, else `postgres`, else `nobody`. */
export function chooseAccount(database: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readAccounts();
  const owner = statSync(database, { throwIfNoEntry: false })?.uid;
  const found =
    accounts.find((account) => account.uid === owner && account.uid !== 0) ??
    accounts.find((account) => account.name === "postgres") ??
    accounts.find((account) => account.name === "nobody");
  if (found === undefined)
    throw new PostgresError(
      "PostgreSQL cannot run as root and there is no user `postgres` or `nobody` to run it as. Start Signalbox as another user, or add one: useradd --system postgres",
    );
  return found;
}

function readAccounts(): Account[] {
  return readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .flatMap(([name, , uid, gid]) => (name === undefined || gid === undefined ? [] : [{ name, uid: Number(uid), gid: Number(gid) }]));
}

/** Gives a tree of ours to the account; links are not followed. */
export function own(path: string, account: Account | undefined): void {
  if (account === undefined) return;
  chownSync(path, account.uid, account.gid);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) own(join(path, entry.name), account);
    else lchownSync(join(path, entry.name), account.uid, account.gid);
  }
}

/** Whether the account may go through every folder above and into `path`. */
export function canReach(path: string, account: Account | undefined): boolean {
  if (account === undefined) return true;
  const full = resolve(path);
  const parent = dirname(full);
  return maySearch(full, account) && (parent === full || canReach(parent, account));
}

function maySearch(path: string, account: Account): boolean {
  const { uid, gid, mode } = statSync(path);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
