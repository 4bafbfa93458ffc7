import { contextManager } from "./context";
import { exportTo } from "./exporters";
import { listIn } from "./readable";
import { tracerProvider } from "./tracer";

interface ApiGlobal {
  version: string;
  trace?: unknown;
  context?: unknown;
  metrics?: { getMeter: (...given: unknown[]) => unknown };
}
/** Where every copy of `@opentelemetry/api` 1.x finds what is registered. */
const place = Symbol.for("opentelemetry.js.api.1");

export const registered = (): ApiGlobal | undefined => Reflect.get(globalThis, place) as ApiGlobal | undefined; // by convention of the API

/** Copies of the API take what a version registers that is not older than theirs. */
const version = "1.99.0";

/** From now on `@opentelemetry/api`, whichever copy of it code imports, writes to the trace of the run that calls it. */
export function registerOtel(): void {
  Reflect.set(globalThis, place, { ...registered(), version, trace: tracerProvider, context: contextManager });
}

/** What the config of a project adds to the telemetry of its tasks. */
export function extendTelemetry(telemetry: unknown, instrumentations: unknown): void {
  for (const instrumentation of [...listIn(telemetry, "instrumentations"), ...listIn({ instrumentations }, "instrumentations")]) {
    call(instrumentation, "setTracerProvider", [tracerProvider]);
    call(instrumentation, "enable", []);
  }
  exportTo(telemetry);
}

function call(target: unknown, name: string, given: unknown[]): void {
  const method: unknown = typeof target === "object" && target !== null ? Reflect.get(target, name) : undefined;
  if (typeof method === "function") Reflect.apply(method, target, given);
}
