import { CommanderError } from "commander";
import { ApiError } from "@/lib/client/api-error";
import { exitCodes, Failure } from "./failure";
import { createProgram, type Host } from "./program";

/** Runs a command and ends the process with its code. */
export async function run(args: readonly string[], host: Host): Promise<void> {
  // What reads our output may have heard enough, as `head` does.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  const program = createProgram(host);
  // Through `exit`, so that what was made for the moment is removed. A server that is started from here has its own way to stop.
  if (args[0] !== "start" && args[0] !== "dev")
    for (const [signal, number] of [
      ["SIGINT", 2],
      ["SIGTERM", 15],
      ["SIGHUP", 1],
    ] as const)
      process.once(signal, () => process.exit(128 + number));
  for (const command of [program, ...descendants(program)]) command.exitOverride();
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = tell(error, args.includes("--json"));
  }
}

function descendants(command: ReturnType<typeof createProgram>): ReturnType<typeof createProgram>[] {
  return command.commands.flatMap((sub) => [sub, ...descendants(sub)]);
}

/** Says what went wrong in a line, and answers the exit code. */
function tell(error: unknown, isJson: boolean): number {
  // Commander has said it.
  if (error instanceof CommanderError) return error.exitCode === 0 || error.code === "commander.help" ? exitCodes.done : exitCodes.usage;
  const { message, code, exitCode } = read(error);
  process.stderr.write(isJson ? `${JSON.stringify({ error: message, ...(code !== undefined && { code }) })}\n` : `${message}\n`);
  return exitCode;
}

function read(error: unknown): { message: string; code?: string; exitCode: number } {
  if (error instanceof Failure) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof ApiError) {
    const message =
      error.status === 401
        ? "The server does not know this key, or the key may not do this. Sign in again: signalbox login"
        : error.message;
    return {
      message,
      ...(error.code !== undefined && { code: error.code }),
      exitCode: error.status === 401 ? exitCodes.usage : exitCodes.failed,
    };
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: exitCodes.failed };
}
