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

function write(level: Exclude<LogLevel, "none">, message: string, properties?: Record<string, unknown>): void {
  const run = currentRun();
  if (run === undefined) {
    const print = level === "error" ? console.error : level === "warn" ? console.warn : console.log;
    if (properties === undefined) print(message);
    else print(message, properties);
    return;
  }
  if (ranks[level] <= rankOf(run.logLevel)) run.tracer.log(level, message, properties);
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
    return run.tracer.within(name, { icon: options.icon ?? "custom", attributes: options.attributes }, (open) => work(createSpan(open)));
  },
  /** A span that you end yourself. */
  startSpan: (name: string, options: TraceOptions = {}): Span => {
    const run = currentRun();
    return run === undefined ? idleSpan : createSpan(run.tracer.start(name, { icon: options.icon ?? "custom", attributes: options.attributes }));
  },
};
