import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { FromWorker, type Assignment, type OperationOutcome, type TaskContext, type ToWorker } from "@/lib/contracts/ipc";
import { createCommonContexts } from "@/server/supervisor/common-context";
import { encodePacket } from "@/lib/values/packet";

// Built from nothing, as a worker's environment is.
const baseEnv: NodeJS.ProcessEnv = { NODE_ENV: "test", PATH: process.env["PATH"] };

type Type = FromWorker["type"];
type Said<T extends Type> = Extract<FromWorker, { type: T }>;

/** A worker process and what it has said, as the supervisor would hear it. */
export interface Supervised {
  readonly child: ChildProcess;
  readonly said: FromWorker[];
  send(...messages: ToWorker[]): void;
  /** The first message, from `from` on, of a type that the test is true for. */
  hears<T extends Type>(type: T, matches?: (message: Said<T>) => boolean): Promise<Said<T>>;
  of<T extends Type>(type: T, runId?: string): Said<T>[];
  answer(operation: Said<"operation">, value: unknown): void;
  stdout(): string;
  exited(): Promise<number | null>;
}

export function supervise(
  entry: string,
  bundle: string,
  options: { execArgv?: string[]; cwd?: string; env?: Record<string, string> } = {},
): Supervised {
  const child = fork(entry, [bundle], {
    execArgv: ["--enable-source-maps", ...(options.execArgv ?? [])],
    env: { ...baseEnv, ...options.env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  const said: FromWorker[] = [];
  const waiting = new Set<() => void>();
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const end = once(child, "exit");
  child.on("message", (raw) => {
    said.push(...FromWorker.array().parse(raw));
    for (const check of waiting) check();
  });
  const of = <T extends Type>(type: T, runId?: string): Said<T>[] =>
    said.filter((m): m is Said<T> => m.type === type && (runId === undefined || ("runId" in m && m.runId === runId)));
  const asSent = createCommonContexts();
  const send = (...messages: ToWorker[]) => void child.send(messages.map(asSent));
  return {
    child,
    said,
    send,
    of,
    hears: (type, matches = () => true) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = of(type).find(matches);
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        void end.then(() =>
          reject(new Error(`the worker ended before it said "${type}":\n${output}\n${JSON.stringify(said).slice(0, 4000)}`)),
        );
        check();
      }),
    answer({ runId, epoch, seq }, value) {
      const outcome: OperationOutcome = { ok: true, value };
      send({ type: "outcome", runId, epoch, seq, outcome });
    },
    stdout: () => output,
    exited: async () => {
      await end;
      return child.exitCode;
    },
  };
}

export function assignment(
  runId: string,
  task: string,
  payload: unknown,
  more: Partial<Omit<Assignment, "ctx">> & { ctx?: Partial<TaskContext> } = {},
): Assignment {
  const at = "2030-01-01T00:00:00.000Z";
  const { ctx, ...rest } = more;
  return {
    runId,
    epoch: 1,
    payload: encodePacket(payload),
    metadata: null,
    env: {},
    apiUrl: "http://127.0.0.1:9",
    ...rest,
    ctx: {
      task: { id: task, filePath: "tasks.ts" },
      attempt: { number: 1, startedAt: at },
      run: { id: runId, tags: [], isTest: false, isReplay: false, createdAt: at, startedAt: at },
      queue: { id: "queue_1", name: `task/${task}` },
      environment: { id: "env_1", slug: "prod", type: "PRODUCTION" },
      organization: { id: "org_1", slug: "org", name: "Org" },
      project: { id: "proj_1", ref: "proj_test", slug: "test", name: "Test" },
      machine: { name: "small-1x", cpu: 0.5, memory: 0.5, centsPerMs: 0 },
      ...ctx,
    },
  };
}

export const assign = (runId: string, task: string, payload?: unknown, more?: Parameters<typeof assignment>[3]): ToWorker => ({
  type: "assign",
  assignment: assignment(runId, task, payload, more),
});
