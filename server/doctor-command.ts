import { accessSync, constants, existsSync, mkdtempSync, rmSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatBytes } from "@/lib/view/format";
import { describeBuildError } from "./build/build-error";
import { buildProject } from "./build/build-project";
import { ConfigError, parseConfig, type Config } from "./config";
import { findBinaries } from "./db/postgres/binaries";
import { judgeDisk } from "./db/postgres/disk";
import { PostgresError } from "./db/postgres/error";
import { checkExternalPostgres } from "./db/postgres/external";
import { refuseIfLocked } from "./db/postgres/instance-lock";
import type { Logger } from "./log";

interface Finding {
  what: string;
  level: "ok" | "warning" | "problem";
  text: string;
}

interface DoctorOptions {
  options: { json?: unknown };
  env: NodeJS.ProcessEnv;
  cwd: string;
  entries: { builderEntry: string; workerEntry: string; sdkEntry: string };
  log: Logger;
}

/** Looks at everything that a server needs here, and changes nothing. Answers what to print, and whether it would start. */
export async function doctorCommand({ options, env, cwd, entries, log }: DoctorOptions): Promise<{ text: string; isWell: boolean }> {
  const findings: Finding[] = [{ what: "node", level: "ok", text: process.versions.node }];
  const config = readConfig(env, cwd, findings);
  if (config !== null) {
    const isRunning = checkData(config, findings);
    await checkDisk(config, findings);
    await checkPostgres(config, log, findings);
    if (!isRunning) await checkPort(config, findings);
    if (config.projectRef === undefined) await checkProject({ config, entries, log }, findings);
  }
  const isWell = findings.every(({ level }) => level !== "problem");
  const marks = { ok: "ok     ", warning: "warning", problem: "PROBLEM" };
  return {
    isWell,
    text:
      options.json === true
        ? JSON.stringify({ ok: isWell, findings })
        : findings.map(({ what, level, text }) => `${marks[level]}  ${what.padEnd(10)}  ${text}`).join("\n"),
  };
}

function readConfig(env: NodeJS.ProcessEnv, cwd: string, findings: Finding[]): Config | null {
  try {
    const config = parseConfig({ mode: "start", env: { ...env, TRIGGER_SECRET_KEY: undefined, TRIGGER_SECRET_KEY_FILE: undefined }, cwd });
    findings.push({ what: "settings", level: "ok", text: `project ${config.projectDir}` });
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.push(...error.message.split("\n").map((text): Finding => ({ what: "settings", level: "problem", text })));
    return null;
  }
}

/** Whether a server runs on it. */
function checkData({ dataDir }: Config, findings: Finding[]): boolean {
  let place = dataDir;
  while (!existsSync(place)) place = dirname(place);
  try {
    accessSync(place, constants.W_OK);
    refuseIfLocked(dataDir);
    findings.push({ what: "data", level: "ok", text: place === dataDir ? dataDir : `${dataDir} (made at the first start)` });
    return false;
  } catch (error) {
    if (error instanceof PostgresError) {
      findings.push({ what: "data", level: "ok", text: `${dataDir}, on which a server runs` });
      return true;
    }
    findings.push({
      what: "data",
      level: "problem",
      text: `${place} cannot be written by this user. Give it access, or set SIGNALBOX_DATA to another folder.`,
    });
    return false;
  }
}

async function checkDisk({ dataDir }: Config, findings: Finding[]): Promise<void> {
  let place = dataDir;
  while (!existsSync(place)) place = dirname(place);
  const { level, freeBytes, usedShare } = judgeDisk(await statfs(place));
  const text = `${formatBytes(freeBytes)} free, ${Math.round(usedShare * 100)} % used`;
  findings.push({
    what: "disk",
    level: level === "ok" ? "ok" : level === "low" ? "warning" : "problem",
    text: level === "full" ? `${text}: runs are refused until there is space` : text,
  });
}

async function checkPostgres({ databaseUrl }: Config, log: Logger, findings: Finding[]): Promise<void> {
  try {
    if (databaseUrl !== undefined) await checkExternalPostgres({ url: databaseUrl, log });
    findings.push({
      what: "postgresql",
      level: "ok",
      text: databaseUrl === undefined ? `embedded (${findBinaries()})` : "the one of DATABASE_URL answers",
    });
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    findings.push({ what: "postgresql", level: "problem", text: error.message });
  }
}

function checkPort({ host, port }: Config, findings: Finding[]): Promise<void> {
  return new Promise((done) => {
    const server = createServer();
    const tell = (finding: Omit<Finding, "what">) => {
      findings.push({ what: "port", ...finding });
      server.close();
      done();
    };
    server.once("error", (error: NodeJS.ErrnoException) =>
      tell({
        level: "problem",
        text: `${host}:${port} cannot be listened on (${error.code ?? error.message}). Stop what listens there, or set PORT and HOST.`,
      }),
    );
    server.listen(port, host, () => tell({ level: "ok", text: `${host}:${port} is free` }));
  });
}

/** Builds as a start would, aside: what the project's extensions need of this machine is known then. */
async function checkProject(
  { config, entries, log }: { config: Config; entries: DoctorOptions["entries"]; log: Logger },
  findings: Finding[],
): Promise<void> {
  const aside = mkdtempSync(join(tmpdir(), "signalbox-doctor-"));
  try {
    const built = await buildProject({ projectDir: config.projectDir, dataDir: aside, mode: "start", ...entries, log });
    if (!built.ok) return void findings.push({ what: "tasks", level: "problem", text: describeBuildError(built.error) });
    findings.push({ what: "tasks", level: "ok", text: `${built.manifest.tasks.length} build and load` });
    for (const text of built.manifest.warnings ?? []) findings.push({ what: "tasks", level: "warning", text });
    for (const text of built.lacks) findings.push({ what: "machine", level: "warning", text });
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
