import { registerGlobalHook } from "./catalog";
import type { TriggerConfig } from "./config";
import type { HookFunctions, HookName } from "./hook-types";

export interface Register<Fn> {
  (name: string, fn: Fn): void;
  (fn: Fn): void;
}

function registrar<Name extends HookName>(hook: Name): Register<HookFunctions[Name]> {
  return (first: string | HookFunctions[Name], second?: HookFunctions[Name]) => {
    if (typeof first === "string") {
      if (second === undefined) throw new TypeError(`tasks.${hook}("${first}") needs a function`);
      registerGlobalHook(hook, { name: first, fn: second });
    } else registerGlobalHook(hook, { fn: first });
  };
}

/** Hooks of the config file, which are deprecated; they come after those of init files. */
export function registerConfigHooks(config: TriggerConfig | undefined): void {
  for (const name of ["init", "onStart", "onSuccess", "onFailure"] as const) {
    const fn = config?.[name];
    // Each option holds the hook of its own name, which the loop cannot show.
    if (fn !== undefined) registerGlobalHook(name, { name: "config", fn: fn as never });
  }
}

/** Hooks for all tasks; they run before the task's own (catchError: after it). */
export const globalHookRegistrars = {
  onStart: registrar("onStart"),
  onStartAttempt: registrar("onStartAttempt"),
  onFailure: registrar("onFailure"),
  onSuccess: registrar("onSuccess"),
  onComplete: registrar("onComplete"),
  onWait: registrar("onWait"),
  onResume: registrar("onResume"),
  onCancel: registrar("onCancel"),
  catchError: registrar("catchError"),
  /** @deprecated use catchError */
  handleError: registrar("catchError"),
  middleware: registrar("middleware"),
};

export const { onStart, onStartAttempt, onFailure, onSuccess, onComplete, onWait, onResume, onCancel, middleware } = globalHookRegistrars;
export const { catchError: onCatchError, handleError: onHandleError } = globalHookRegistrars;
