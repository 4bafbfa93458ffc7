import { format } from "node:util";
import { currentRun } from "@trigger.dev/sdk/internal";

/** Methods of the console and the level of the log lines that they become. */
const levels = { debug: "debug", log: "log", info: "info", warn: "warn", error: "error", trace: "debug" } as const;

/**
 * Lines that a run writes to the console become its log; `echo` also lets them through to the process' own output.
 * What is written outside of runs always goes there.
 */
export function captureConsole(target: Console, echo: "echo" | "captureOnly"): void {
  for (const [method, level] of Object.entries(levels)) {
    const name = method as keyof typeof levels; // Object.entries forgets the keys
    const original = target[name].bind(target);
    target[name] = (...args: unknown[]) => {
      const run = currentRun();
      if (run !== undefined) run.tracer.log(level, format(...args));
      if (run === undefined || echo === "echo") original(...args);
    };
  }
}
