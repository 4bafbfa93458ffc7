import { ConfigError, parseConfig, secretVariables, type Mode } from "./config";
import { forgetSecrets } from "./forget-secrets";
import { MigrationError } from "./db/migrate";
import { KeyError } from "./db/keys";
import { PostgresError } from "./db/postgres/error";
import { CommandError, peopleCommand } from "./people-command";
import { createLog, logLevels, type Logger } from "./log";
import { startServer, StartError, type Installation, type RunningServer } from "./start";

const longestStopMs = 60_000;

/** What `signalbox start` and `signalbox dev` run, once everything is compiled. */
export async function main(options: Installation & { mode: Mode }): Promise<void> {
  const { mode, ...installation } = options;
  const log = createLog({
    level: logLevels.find((level) => level === process.env.SIGNALBOX_LOG) ?? "info",
    format: process.stdout.isTTY ? "pretty" : "json",
    write: (line) => void process.stdout.write(line),
  });
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

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) {
        log.warn("stopping at once; what was running is resumed at the next start", { signal });
        process.exit(1);
      }
      log.info("stopping: no new runs are started, running ones finish or are handed back", { signal });
      stopping = true;
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
    const config = parseConfig({ mode, env: process.env, cwd: process.cwd() });
    forgetSecrets(process.env, secretVariables);
    server = await startServer({ config, installation, log, onLost });
  } catch (error) {
    fail(error, log);
  }
  // Asked to stop while it was starting.
  if (stopping) await stop(0);
}

/** What `signalbox people` runs. */
export async function people({ args, root }: { args: readonly string[]; root: string }): Promise<void> {
  const log = createLog({ level: "error", format: "pretty", write: (line) => void process.stderr.write(line) });
  try {
    const config = parseConfig({ mode: "start", env: { ...process.env, TRIGGER_SECRET_KEY: undefined, TRIGGER_SECRET_KEY_FILE: undefined }, cwd: process.cwd() });
    process.stdout.write(`${await peopleCommand({ args, config, root, log })}\n`);
  } catch (error) {
    fail(error, log);
  }
}

/** What the operator can put right is one line; anything else is a fault of ours, with its stack. */
function fail(error: unknown, log: Logger): never {
  const isExpected = error instanceof ConfigError || error instanceof StartError || error instanceof PostgresError || error instanceof MigrationError || error instanceof KeyError || error instanceof CommandError;
  if (isExpected) process.stderr.write(`${error.message}\n`);
  else log.error("Signalbox could not start", { error });
  process.exit(error instanceof ConfigError ? 2 : 1);
}
