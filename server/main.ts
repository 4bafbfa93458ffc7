import { AddressInUse } from "./bind";
import { ConfigError, parseConfig, secretVariables, type Config } from "./config";
import type { Mode } from "./config-variables";
import { logConsole } from "./console-lines";
import { forgetSecrets } from "./forget-secrets";
import { MigrationError } from "./db/migrate";
import { KeyError } from "./db/keys";
import { PostgresError } from "./db/postgres/error";
import { backupCommand, restoreCommand } from "./backup-command";
import { doctorCommand } from "./doctor-command";
import { keysCommand } from "./keys-command";
import { CommandError } from "./open-stored";
import { peopleCommand } from "./people-command";
import { createLog, type Logger } from "./log";
import { StartError } from "./start-error";
import { compiled, startServer, type Installation, type RunningServer } from "./start";

const longestStopMs = 60_000;

/** What `signalbox start` and `signalbox dev` run, once everything is compiled. */
export async function main(options: Installation & { mode: Mode }): Promise<void> {
  const { mode, ...installation } = options;
  const config = configOrExit(mode);
  const log = createLog({
    level: config.logLevel,
    format: process.stdout.isTTY ? "pretty" : "json",
    write: (line) => void process.stdout.write(line),
  });
  logConsole(console, log);
  // A terminal that was closed takes no more lines; that is no reason to stop otherwise than in order.
  for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
  const starting = new AbortController();
  let server: RunningServer | undefined;
  let stopping = false;

  async function stop(exitCode: number): Promise<never> {
    stopping = true;
    setTimeout(() => {
      log.error("stopping takes too long; what was running is resumed at the next start");
      process.exit(1);
    }, longestStopMs).unref();
    try {
      await server?.stop();
    } catch (error) {
      log.error("could not stop in order", { error });
      process.exit(1);
    }
    process.exit(exitCode);
  }

  // SIGHUP: the terminal is gone.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stopping) {
        // A shell passes it on when the system has sent it already.
        if (signal === "SIGHUP") return;
        log.warn("stopping at once; what was running is resumed at the next start", { signal });
        process.exit(1);
      }
      log.info("stopping: no new runs are started, running ones finish or are handed back", { signal });
      stopping = true;
      starting.abort();
      if (server !== undefined) void stop(0);
    });
  }
  /** What nobody has caught may have left half of something behind. */
  function fault(error: unknown): void {
    log.error("a fault in Signalbox; it stops, and resumes everything at its next start", { error });
    if (!stopping) void stop(1);
  }
  process.on("uncaughtException", fault);
  process.on("unhandledRejection", fault);

  /** Another server has this one's database. */
  function onLost(error: Error): void {
    log.error("stopping", { error: error.message });
    if (!stopping) void stop(1);
  }

  try {
    forgetSecrets(process.env, secretVariables);
    server = await startServer({ config, installation, log, signal: starting.signal, onLost });
  } catch (error) {
    if (stopping && error instanceof StartError) process.exit(0);
    fail(error, log);
  }
  // Asked to stop while it was starting.
  if (stopping) await stop(0);
}

function configOrExit(mode: Mode): Config {
  try {
    return parseConfig({ mode, env: process.env, cwd: process.cwd() });
  } catch (error) {
    return fail(error, createLog({ level: "error", format: "pretty", write: (line) => void process.stderr.write(line) }));
  }
}

interface Operation {
  name: string;
  args: readonly string[];
  options: Readonly<Record<string, unknown>>;
  root: string;
  version: string;
}

/** What the commands run that work on the data directory instead of asking a server. */
export async function operate(operation: Operation): Promise<void> {
  const log = createLog({ level: "error", format: "pretty", write: (line) => void process.stderr.write(line) });
  try {
    process.stdout.write(`${await perform(operation, log)}\n`);
  } catch (error) {
    fail(error, log);
  }
}

async function perform({ name, args, options, root, version }: Operation, log: Logger): Promise<string> {
  if (name === "doctor") {
    const { text, isWell } = await doctorCommand({ options, env: process.env, cwd: process.cwd(), entries: compiled({ root }), log });
    if (!isWell) process.exitCode = 1;
    return text;
  }
  const config = parseConfig({
    mode: "start",
    env: { ...process.env, TRIGGER_SECRET_KEY: undefined, TRIGGER_SECRET_KEY_FILE: undefined },
    cwd: process.cwd(),
  });
  if (name === "keys") return keysCommand({ args, options, config, root, log });
  if (name === "backup") return backupCommand({ args, options, config, version, log });
  if (name === "restore") return restoreCommand({ args, options, config, log });
  return peopleCommand({ args, config, root, log });
}

/** What the operator can put right is one line; anything else is a fault of ours, with its stack. */
function fail(error: unknown, log: Logger): never {
  const isExpected =
    error instanceof ConfigError ||
    error instanceof StartError ||
    error instanceof AddressInUse ||
    error instanceof PostgresError ||
    error instanceof MigrationError ||
    error instanceof KeyError ||
    error instanceof CommandError;
  if (isExpected) process.stderr.write(`${error.message}\n`);
  else log.error("Signalbox could not start", { error });
  process.exit(error instanceof ConfigError ? 2 : 1);
}
