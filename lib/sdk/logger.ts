import { describe } from "@/lib/values/describe";
import { currentRun } from "./scope";
import { createSpan, idleSpan, type Span } from "./span";
import type { LogLevel } from "./config";

export interface TraceOptions {
  icon?: string | undefined;
  attributes?: Record<string, unknown> | undefined;
}

/** How much each level says; `info` and `log` say the same. */
const ranks: Record<LogLevel, number> = { none: 0, error: 1, warn: 2, info: 3, log: 3, debug: 4 };
const rankOf = (level: string): number => (Object.hasOwn(ranks, level) ? ranks[level as LogLevel] : ranks.info); // hasOwn proves the key

/** Called as `console` is: with anything in any place, from code whose types nobody checked. */
function write(level: Exclude<LogLevel, "none">, message: unknown, properties?: unknown): void {
  const run = currentRun();
  if (run === undefined) {
    const print = level === "error" ? console.error : level === "warn" ? console.warn : console.log;
    if (properties === undefined) print(message);
    else print(message, properties);
    return;
  }
  if (ranks[level] > rankOf(run.logLevel)) return;
  // Told by its message, and by all else that it says.
  const told = typeof message === "object" && message !== null && properties === undefined ? message : properties;
  run.tracer.log(level, describe(message), told);
}

export const logger = {
  debug: (message: string, properties?: Record<string, unknown>): void => write("debug", message, properties),
  log: (message: string, properties?: Record<string, unknown>): void => write("log", message, properties),
  info: (message: string, properties?: Record<string, unknown>): void => write("info", message, properties),
  warn: (message: string, properties?: Record<string, unknown>): void => write("warn", message, properties),
  error: (message: string, properties?: Record<string, unknown>): void => write("error", message, properties),
  /** `work` as a span of the run's trace. */
  trace: async <T>(name: string, work: (span: Span) => Promise<T>, options: TraceOptions = {}): Promise<T> => {
    const run = currentRun();
    if (run === undefined) return work(idleSpan);
    return run.tracer.within(describe(name), { icon: options.icon ?? "custom", attributes: options.attributes }, (open) =>
      work(createSpan(open)),
    );
  },
  /** A span that you end yourself. */
  startSpan: (name: string, options: TraceOptions = {}): Span => {
    const run = currentRun();
    return run === undefined
      ? idleSpan
      : createSpan(run.tracer.start(describe(name), { icon: options.icon ?? "custom", attributes: options.attributes }));
  },
};
