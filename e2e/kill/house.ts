import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { databasePid, freePort, startServer, type Ended, type ServerProcess } from "../start/server-process";

/** One server over one data directory, killed and started again on the same port. */
export interface House {
  readonly origin: string;
  readonly secretKey: string;
  readonly data: string;
  /** Side-effect journal, outside of the data directory. */
  readonly journal: string;
  start(): Promise<void>;
  /** Pid of what was killed; null: there was nothing. */
  killServer(): Promise<number | null>;
  /** A server that is still starting. */
  killStarting(): number | null;
  workers(): number[];
  killWorker(pid: number): boolean;
  killPostgres(): number | null;
  /** SIGTERM: it must drain and end by itself. */
  stop(): Promise<Ended>;
  output(): string;
  /** Times at which the server has ended though nobody had killed it. */
  readonly falls: readonly number[];
  /** Ends whatever is left and removes everything. */
  remove(): Promise<void>;
}

const project = join(import.meta.dirname, "fixtures", "project");
/** Pages are Next's and hold no runs: without them a server is back sooner, and more kills fit in. */
const roles = { SIGNALBOX_ROLES: "engine,worker" };

export async function openHouse(): Promise<House> {
  const directory = mkdtempSync(join(tmpdir(), "signalbox-kill-"));
  const data = join(directory, "data");
  const port = String(await freePort());
  let server: ServerProcess | undefined;
  let former = "";
  let secretKey = "";
  const falls: number[] = [];
  /** Servers that were told to end. */
  const dismissed = new Set<number>();
  const isWanted = ({ pid }: ServerProcess) => !dismissed.has(pid);

  async function start(): Promise<void> {
    const started = await startServer({ directory: project, data }, { ...roles, PORT: port });
    if (server !== undefined) former += server.output();
    server = started;
    void started.ended.then(() => {
      if (isWanted(started)) falls.push(Date.now());
    });
    secretKey ||= server.secretKey ?? "";
  }
  const kill = (pid: number | null): number | null => {
    if (pid === null) return null;
    try {
      process.kill(pid, "SIGKILL");
      return pid;
    } catch {
      return null; // gone already
    }
  };
  const workers = () => {
    const records = join(data, "workers");
    return (existsSync(records) ? readdirSync(records) : []).map(Number).filter((pid) => commandOf(pid).includes("worker/main.js"));
  };
  const postgres = () => {
    try {
      const pid = databasePid({ directory: project, data, write() {}, remove() {} });
      return commandOf(pid).includes("postgres") ? pid : null;
    } catch {
      return null; // it is not there now
    }
  };

  await start();
  return {
    origin: `http://127.0.0.1:${port}`,
    get secretKey() {
      return secretKey;
    },
    data,
    journal: join(directory, "effects.jsonl"),
    start,
    async killServer() {
      if (server === undefined) return null;
      const { pid, ended } = server;
      dismissed.add(pid);
      const killed = kill(pid);
      await ended;
      return killed;
    },
    killStarting: () => kill(starting(data, server?.pid)),
    workers,
    killWorker: (pid) => workers().includes(pid) && kill(pid) !== null,
    killPostgres: () => kill(postgres()),
    async stop() {
      if (server === undefined) throw new Error("no server runs");
      dismissed.add(server.pid);
      server.kill("SIGTERM");
      return server.ended;
    },
    output: () => former + (server?.output() ?? ""),
    falls,
    async remove() {
      if (server !== undefined) dismissed.add(server.pid);
      server?.kill("SIGKILL");
      await server?.ended;
      kill(starting(data, server?.pid));
      for (const pid of workers()) kill(pid);
      kill(postgres());
      rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** Who holds the data directory, unless it is the server that we know. */
function starting(data: string, known: number | undefined): number | null {
  try {
    // The server's own file.
    const { pid } = JSON.parse(readFileSync(join(data, "signalbox.lock"), "utf8")) as { pid: number };
    return pid !== known && commandOf(pid).includes("signalbox.mjs") ? pid : null;
  } catch {
    return null;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
