import { format, stripVTControlCharacters } from "node:util";
import type { Logger } from "./log";

/** What libraries of this process print, the framework of the pages above all, becomes lines of the log: small talk is for debugging. */
export function logConsole(target: Console, log: Logger): void {
  const as =
    (level: "debug" | "warn" | "error") =>
    (...args: unknown[]) => {
      const text = stripVTControlCharacters(format(...args)).trim();
      if (text !== "") log[level](text);
    };
  for (const method of ["log", "info", "debug", "trace"] as const) target[method] = as("debug");
  target.warn = as("warn");
  target.error = as("error");
}
