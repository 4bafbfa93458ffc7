import type { TaskContext } from "@/lib/contracts/ipc";

/** What an `init` hook may return. */
// `any`: the user's own shape, as the published types have it.
// oxlint-disable-next-line typescript/no-explicit-any
export type InitOutput = Record<string, any> | void | undefined;

type WithDate<T, K extends keyof T> = Omit<T, K> & { [P in K]: Date };
/** `ctx`: frozen for the attempt. */
export type Context = Readonly<
  Omit<TaskContext, "attempt" | "run"> & {
    attempt: WithDate<TaskContext["attempt"], "startedAt">;
    run: WithDate<TaskContext["run"], "createdAt" | "startedAt">;
  }
>;
export type TaskRunContext = Context;

function freeze<T>(value: T): T {
  // What the runs of a task have in common has been frozen by the first.
  if (typeof value === "object" && value !== null && !(value instanceof Date) && !Object.isFrozen(value)) {
    for (const inner of Object.values(value)) freeze(inner);
    Object.freeze(value);
  }
  return value;
}

/** The context of an assignment with its dates revived, frozen at every level. The assignment's own objects become it: copies cost ten times as much. */
export function reviveContext(raw: TaskContext): Context {
  if (!Object.isFrozen(raw)) {
    const { attempt, run } = raw;
    Object.assign(attempt, { startedAt: new Date(attempt.startedAt) });
    Object.assign(run, { createdAt: new Date(run.createdAt), startedAt: new Date(run.startedAt) });
    freeze(raw);
  }
  // The dates are dates now.
  return raw as unknown as Context;
}
