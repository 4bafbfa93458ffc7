import type { BundleManifest } from "@/lib/contracts/task";
import type { AnyOnFailureHookFunction, AnyOnInitHookFunction, AnyOnStartHookFunction, AnyOnSuccessHookFunction } from "./hook-types";
import type { MachinePreset, RetryOptions } from "./options";

export type LogLevel = NonNullable<BundleManifest["config"]["logLevel"]>;

/** A step of the build: `@trigger.dev/build` makes them and knows the types of their contexts. */
export interface BuildExtension {
  name: string;
  externalsForTarget?: ((target: "dev" | "deploy" | "unmanaged") => string[] | undefined) | undefined;
  // Methods, so that extensions with richer parameter types fit (methods compare bivariantly).
  onBuildStart?(context: object): unknown;
  onBuildComplete?(context: object, manifest: object): unknown;
}

type ProcessKeepAlive = boolean | { enabled: boolean; maxExecutionsPerProcess?: number | undefined; devMaxPoolSize?: number | undefined };

export interface TriggerConfig {
  /** Project ref, `proj_…`. */
  project: string;
  /** Folders with tasks; default: each folder named `trigger`. */
  dirs?: string[] | undefined;
  ignorePatterns?: string[] | undefined;
  tsconfig?: string | undefined;
  runtime?: "node" | "node-22" | "node-24" | "node-26" | "bun" | undefined;
  /** Seconds of compute time per attempt, at least 5. */
  maxDuration: number;
  ttl?: string | number | undefined;
  machine?: MachinePreset | undefined;
  /** `default` is for tasks without `retry`; only an explicit `enabledInDev: false` turns retries off in development. */
  retries?: { enabledInDev?: boolean | undefined; default?: RetryOptions | undefined } | undefined;
  /** Of `logger`; console lines are always kept. */
  logLevel?: LogLevel | undefined;
  /** Writes console lines of runs to the terminal too. */
  enableConsoleLogging?: boolean | undefined;
  /** Leaves the console alone: its lines are not part of the run's log. */
  disableConsoleInterceptor?: boolean | undefined;
  /** `process`: every run has a process of its own. */
  isolation?: "shared" | "process" | undefined;
  build?:
    | {
        external?: string[] | undefined;
        extensions?: BuildExtension[] | undefined;
        conditions?: string[] | undefined;
        autoDetectExternal?: boolean | undefined;
        keepNames?: boolean | undefined;
        minify?: boolean | undefined;
        jsx?: { factory?: string | undefined; fragment?: string | undefined; automatic?: boolean | undefined } | undefined;
      }
    | undefined;
  deploy?: { env?: Record<string, string> | undefined } | undefined;
  /** `false`: every run has a process of its own, as with `isolation: "process"`. */
  processKeepAlive?: ProcessKeepAlive | undefined;
  /** @deprecated use processKeepAlive */
  experimental_processKeepAlive?: ProcessKeepAlive | undefined;
  legacyDevProcessCwdBehaviour?: boolean | undefined;
  extraCACerts?: string | undefined;
  /** Instances of OpenTelemetry's instrumentations and exporters: they work in every process that runs tasks. */
  telemetry?:
    | {
        instrumentations?: readonly unknown[] | undefined;
        exporters?: readonly unknown[] | undefined;
        logExporters?: readonly unknown[] | undefined;
        resource?: object | undefined;
        metricExporters?: readonly unknown[] | undefined;
        metricReaders?: readonly unknown[] | undefined;
      }
    | undefined;
  /** @deprecated use telemetry.instrumentations */
  instrumentations?: readonly unknown[] | undefined;
  compatibilityFlags?: "run_engine_v2"[] | undefined;
  /** @deprecated use tasks.middleware */
  init?: AnyOnInitHookFunction | undefined;
  /** @deprecated use tasks.onStartAttempt */
  onStart?: AnyOnStartHookFunction | undefined;
  /** @deprecated use tasks.onSuccess */
  onSuccess?: AnyOnSuccessHookFunction | undefined;
  /** @deprecated use tasks.onFailure */
  onFailure?: AnyOnFailureHookFunction | undefined;
}

/** Gives `trigger.config.ts` its type. */
export function defineConfig(config: TriggerConfig): TriggerConfig {
  return config;
}
