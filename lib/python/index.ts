import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { logger } from "@trigger.dev/sdk";
import { currentRun } from "@trigger.dev/sdk/internal";

export interface PythonExecOptions {
  /** Beside those of the run. */
  env?: Record<string, string | undefined> | undefined;
  /** Written to the program's standard input. */
  stdin?: string | undefined;
  /** ms. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
  nodeOptions?: SpawnOptions | undefined;
}

export interface PythonResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

export type AsyncIterableStream<T> = ReadableStream<T> & AsyncIterable<T>;

/** What is run, for its errors and its span. */
interface Program {
  name: string;
  title: string;
  args: string[];
  /** Removed at the end. */
  folder?: string;
}

const pythonBin = (): string => process.env["PYTHON_BIN_PATH"] ?? "python3";

function start({ args }: Program, options: PythonExecOptions): ChildProcess {
  const { env, nodeOptions, stdin, timeout } = options;
  const child = spawn(pythonBin(), args, { ...nodeOptions, timeout, env: { ...process.env, ...nodeOptions?.env, ...env }, stdio: "pipe" });
  // It may end without having read all.
  child.stdin?.on("error", () => {});
  child.stdin?.end(stdin ?? "");
  const kill = () => void child.kill();
  for (const signal of [options.signal, currentRun()?.abort.signal]) {
    if (signal?.aborted === true) kill();
    signal?.addEventListener("abort", kill, { once: true });
    child.once("close", () => signal?.removeEventListener("abort", kill));
  }
  return child;
}

function cannotStart(error: Error & { code?: string }): Error {
  if (error.code !== "ENOENT") return error;
  return new Error(`${pythonBin()} cannot be found. Install Python (apt-get install -y python3), or name it in PYTHON_BIN_PATH`, {
    cause: error,
  });
}

/** Its exit code, or the signal that ended it. */
function endOf(child: ChildProcess): Promise<number | string> {
  return new Promise((done, fail) => {
    child.once("error", (error) => fail(cannotStart(error)));
    child.once("close", (code, signal) => done(code ?? signal ?? "unknown"));
  });
}

const failure = ({ title }: Program, exit: number | string, said: string): Error =>
  new Error(`${title} exited with a non-zero code ${exit}:\n${said}`);

async function execute(program: Program, options: PythonExecOptions): Promise<PythonResult> {
  return logger.trace(
    program.name,
    async (span) => {
      const child = start(program, options);
      let stdout = "";
      let stderr = "";
      child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
      child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      let exit: number | string;
      try {
        exit = await endOf(child);
      } finally {
        await tidy(program);
      }
      span.setAttribute("exitCode", exit);
      if (exit !== 0) throw failure(program, exit, [stdout, stderr].filter((text) => text !== "").join("\n"));
      return { stdout, stderr, exitCode: 0 };
    },
    attributes(program),
  );
}

const attributes = ({ args }: Program) => ({ attributes: { pythonBin: pythonBin(), args: args.join(" ") } });
const tidy = async ({ folder }: Program): Promise<void> =>
  folder === undefined ? undefined : rm(folder, { recursive: true, force: true });

/** Lines of both outputs, as they come; a program that fails ends the stream with an error. */
function follow(prepare: () => Promise<Program>, options: PythonExecOptions): AsyncIterableStream<string> {
  return ReadableStream.from(linesOf(prepare, options));
}

async function* linesOf(prepare: () => Promise<Program>, options: PythonExecOptions): AsyncGenerator<string> {
  const program = await prepare();
  const span = logger.startSpan(program.name, attributes(program));
  const child = start(program, options);
  const ended = endOf(child);
  // Awaited at the end, if the reader comes that far.
  ended.catch(() => {});
  try {
    const both = new PassThrough();
    let open = 2;
    for (const output of [child.stdout, child.stderr]) {
      output?.pipe(both, { end: false });
      output?.once("close", () => --open === 0 && both.end());
    }
    let last = "";
    for await (const line of createInterface({ input: both, crlfDelay: Infinity })) {
      last = line;
      yield line;
    }
    const exit = await ended;
    span.setAttribute("exitCode", exit);
    if (exit !== 0) throw failure(program, exit, last);
  } finally {
    // The reader may have stopped early.
    child.kill();
    span.end();
    await tidy(program);
  }
}

function script(name: string, path: string, args: string[]): Program {
  if (typeof path !== "string" || path === "") throw new TypeError(`${name}() needs the path of a script`);
  if (!existsSync(path)) throw new Error(`${name}(): there is no script ${path}, looked for from ${process.cwd()}`);
  return { name: `${name}()`, title: [path, ...args].join(" "), args: [path, ...args] };
}

async function inline(name: string, code: string): Promise<Program> {
  if (typeof code !== "string" || code === "") throw new TypeError(`${name}() needs code`);
  const folder = await mkdtemp(join(tmpdir(), "python-"));
  const path = join(folder, "inline.py");
  await writeFile(path, code, { mode: 0o600 });
  return { name: `${name}()`, title: "The inline script", args: [path], folder };
}

const bare = (name: string, args: string[]): Program => ({ name: `${name}()`, title: args.join(" "), args });

/** Runs Python programs from tasks. One that ends with another code than 0 throws; one whose run is cancelled is ended. */
export const python = {
  /** `python <args>`. */
  run: async (args: string[] = [], options: PythonExecOptions = {}): Promise<PythonResult> => execute(bare("python.run", args), options),
  runScript: async (path: string, args: string[] = [], options: PythonExecOptions = {}): Promise<PythonResult> =>
    execute(script("python.runScript", path, args), options),
  runInline: async (code: string, options: PythonExecOptions = {}): Promise<PythonResult> =>
    execute(await inline("python.runInline", code), options),
  /** The same, line by line. */
  stream: {
    run: (args: string[] = [], options: PythonExecOptions = {}): AsyncIterableStream<string> =>
      follow(async () => bare("python.stream.run", args), options),
    runScript(path: string, args: string[] = [], options: PythonExecOptions = {}): AsyncIterableStream<string> {
      const program = script("python.stream.runScript", path, args);
      return follow(async () => program, options);
    },
    runInline: (code: string, options: PythonExecOptions = {}): AsyncIterableStream<string> =>
      follow(() => inline("python.stream.runInline", code), options),
  },
};
