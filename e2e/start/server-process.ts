import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

interface Place {
  directory: string;
  data: string;
  /** Where Signalbox is installed; the repository when not given. */
  installation?: string;
  /** The `cgroup.procs` of the control group in which the server and its children run. */
  group?: string;
}

/** A project of its own outside the repository, with its data beside it. */
export interface Project extends Place {
  write(file: string, text: string): void;
  /** Ends what is left of its database server and removes everything. */
  remove(): void;
}

const config = `import { defineConfig } from "@trigger.dev/sdk";
export default defineConfig({ project: "proj_start_test", dirs: ["./trigger"], maxDuration: 300 });
`;
const tasks = `import { appendFileSync } from "node:fs";
import { task, wait } from "@trigger.dev/sdk";
export const note = task({
  id: "note",
  run: async (payload: { journal: string; n: number }, { ctx }) => {
    appendFileSync(payload.journal, JSON.stringify({ run: ctx.run.id, n: payload.n }) + "\\n", { flush: true });
    return { n: payload.n };
  },
});
export const slow = task({ id: "slow", run: async (payload: { ms: number }) => { await new Promise((r) => setTimeout(r, payload.ms)); return "done"; } });
export const answer = task({ id: "answer", run: async (payload: { token: string }) => (await wait.forToken<{ ok: boolean }>(payload.token)).unwrap() });
`;

export function createProject(): Project {
  const directory = mkdtempSync(join(tmpdir(), "signalbox-start-"));
  const data = join(directory, "data");
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  };
  write("trigger.config.ts", config);
  write("trigger/tasks.ts", tasks);
  return {
    directory,
    data,
    write,
    remove() {
      stopDatabase(data);
      rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

function stopDatabase(data: string): void {
  const file = join(data, "postgres", "postmaster.pid");
  if (!existsSync(file)) return;
  try {
    process.kill(Number.parseInt(readFileSync(file, "utf8"), 10), "SIGQUIT");
  } catch {
    return; // gone already
  }
}

export const databaseLog = (project: Project): string => readFileSync(join(project.data, "postgres.log"), "utf8");
export const databasePid = (project: Project): number =>
  Number.parseInt(readFileSync(join(project.data, "postgres", "postmaster.pid"), "utf8"), 10);

export type Mode = "start" | "dev";

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  pid: number;
  origin: string;
  /** Only at the first boot. */
  secretKey: string | undefined;
  setupLink: string | undefined;
  startedInMs: number;
  output(): string;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<Ended>;
}

const readyWithinMs = 90_000;

type Listener = (output: string, kill: (signal: NodeJS.Signals) => void) => void;

/** Runs the real command. Resolves when it says that it is ready; rejects with its output when it ended instead. `onOutput` hears all that it has said, again and again. */
export async function startServer(
  project: Place,
  env: Record<string, string> = {},
  mode: Mode = "start",
  onOutput?: Listener,
): Promise<ServerProcess> {
  const port = env.PORT ?? String(await freePort());
  const { child, ended, output } = launch(project, { PORT: port, ...env }, mode);
  if (onOutput !== undefined) child.stdout?.on("data", () => onOutput(output(), (signal) => void child.kill(signal)));
  const timer = setTimeout(() => child.kill("SIGKILL"), readyWithinMs);
  const ready = await Promise.race([ended.then(() => false), until(() => output().includes("is ready after"))]);
  clearTimeout(timer);
  if (!ready || child.pid === undefined) throw new Error(`the server ended instead of starting (${child.exitCode}):\n${output()}`);
  return {
    pid: child.pid,
    origin: `http://127.0.0.1:${port}`,
    secretKey: /"secretKey":"(tr_\w+)"/.exec(output())?.[1],
    setupLink: /"signIn":"(http[^"]+)"/.exec(output())?.[1],
    startedInMs: Number(/ready after ([\d.]+) s/.exec(output())?.[1]) * 1000,
    output,
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** Runs the real command and kills it when it has said `text`, or after so many ms. Answers everything that it said. */
export async function startAndKill(project: Place, moment: { text: string } | { ms: number }): Promise<string> {
  const { child, ended, output } = launch(project, { PORT: String(await freePort()) });
  const timer = setTimeout(() => child.kill("SIGKILL"), "ms" in moment ? moment.ms : readyWithinMs);
  if ("text" in moment) child.stdout?.on("data", () => output().includes(moment.text) && child.kill("SIGKILL"));
  await ended;
  clearTimeout(timer);
  return output();
}

/** Runs the real command until it ends by itself. */
export async function runToEnd(
  project: Place,
  env: Record<string, string>,
  mode: Mode | readonly string[] = "start",
): Promise<Ended & { output: string }> {
  const { child, ended, output } = launch(project, env, mode);
  const timer = setTimeout(() => child.kill("SIGKILL"), readyWithinMs);
  const result = await ended;
  clearTimeout(timer);
  return { ...result, output: output() };
}

function launch(
  project: Place,
  env: Record<string, string>,
  mode: Mode | readonly string[] = "start",
): { child: ChildProcess; ended: Promise<Ended>; output(): string } {
  const installation = project.installation ?? root;
  if (!existsSync(join(installation, "dist", "server", "main.js"))) throw new Error("dist is missing: run `npm run build` first");
  const { PATH = "", HOME = "/" } = process.env;
  const command = [process.execPath, join(installation, "scripts", "signalbox.mjs"), ...[mode].flat()];
  const [program = "", ...args] =
    project.group === undefined ? command : ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', project.group, ...command];
  const child = spawn(program, args, {
    cwd: project.directory,
    env: { PATH, HOME, NODE_ENV: "production", SIGNALBOX_PREBUILT: "1", SIGNALBOX_DATA: project.data, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<Ended>((done) => child.once("close", (code, signal) => done({ code, signal })));
  return { child, ended, output: () => text };
}

/** Looks again each 10 ms; the callers bound it. */
export async function until(condition: () => boolean): Promise<true> {
  while (!condition()) await new Promise((done) => setTimeout(done, 10));
  return true;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
