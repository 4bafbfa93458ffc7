import { describeWithStack } from "@/lib/values/describe";
import { globalHooksOf, type GlobalHook } from "../catalog";
import type { RegisteredTask } from "../catalog";
import type { HookName } from "../hook-types";
import type { HookParameters, Run } from "../run/run";

/** All hooks of a name: global ones in the order of registration, then the task's own. */
export function hooksOf<Name extends HookName>(task: RegisteredTask, name: Name): GlobalHook<Name>[] {
  const own = task.hooks[name];
  return own === undefined ? globalHooksOf(name) : [...globalHooksOf(name), { fn: own }];
}

/** Asked first where every run passes: a wait for nothing costs a turn all the same. */
export const hasHooks = (task: RegisteredTask, name: HookName): boolean => task.hooks[name] !== undefined || globalHooksOf(name).length > 0;

/** Parameters that every hook gets. */
export const commonOf = (run: Run, { task, payload, init }: HookParameters) => ({
  ctx: run.ctx,
  payload,
  task: task.id,
  signal: run.abort.signal,
  init,
});

const title = (name: HookName, hook: { name?: string | undefined }): string => `${name}${hook.name === undefined ? "" : ` ${hook.name}`}()`;

/** Calls each hook of a name in order, each in a span of its own; the first error is thrown. */
export async function callHooks<Name extends HookName>(
  run: Run,
  hooks: readonly GlobalHook<Name>[],
  { name, call }: { name: Name; call: (fn: GlobalHook<Name>["fn"]) => unknown },
): Promise<void> {
  for (const hook of hooks) await run.tracer.within(title(name, hook), { icon: "hook" }, async () => void (await call(hook.fn)));
}

/** The same, but an error only shows in the trace: what happened in the run is decided already. */
export async function callHooksQuietly<Name extends HookName>(
  run: Run,
  hooks: readonly GlobalHook<Name>[],
  { name, call }: { name: Name; call: (fn: GlobalHook<Name>["fn"]) => unknown },
): Promise<void> {
  for (const hook of hooks) {
    await callHooks(run, [hook], { name, call }).catch((error: unknown) =>
      run.tracer.log("error", `${title(name, hook)} failed: ${describeWithStack(error)}`),
    );
  }
}
