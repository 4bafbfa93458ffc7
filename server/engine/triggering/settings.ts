import type { MachinePreset, TaskManifest } from "@/lib/contracts/task";
import { parseTtl } from "@/lib/time/duration";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import type { Deployment } from "../versions/deployments";
import type { RunOptions } from "./run-options";

/** A version and the task that it has. */
export interface TaskVersion {
  deployment: Deployment;
  task: TaskManifest;
}

/** How a run executes; the columns of its row. */
export interface Settings {
  max_attempts: number;
  max_duration: number | null;
  machine: MachinePreset | null;
  isolate: boolean;
}

/** What the trigger itself asked for goes before what the version says. Null: no version is known yet. */
export function settingsOf(version: TaskVersion | null, asked: Pick<RunOptions, "maxAttempts" | "maxDuration" | "machine">): Settings {
  const config = version?.deployment.manifest.config;
  const retry = version?.task.retry ?? config?.retries?.default;
  return {
    // Without retry settings there is one attempt, whatever `maxAttempts` says: it only overrides a number inside them.
    max_attempts: retry === undefined ? 1 : Math.min(250, Math.max(1, asked.maxAttempts ?? retry.maxAttempts ?? 3)),
    max_duration: wholeSeconds(asked.maxDuration ?? version?.task.maxDuration ?? config?.maxDuration),
    machine: asked.machine ?? version?.task.machine ?? null,
    isolate: config?.isolation === "process",
  };
}

/** Shortest time that a run may be given, s. */
const minDuration = 5;

/** Seconds as the row keeps them: whole. */
function wholeSeconds(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : Math.min(2_147_483_647, Math.max(minDuration, Math.ceil(value)));
}

/** Longer than anybody waits, and still a date that the database knows. */
const maxTtlMs = 100 * 365 * 86_400_000;

/**
 * How long a run may stand in the queue before it starts, in words and ms; null: as long as it takes. 0 opts out of what task and config
 * say, but not of the server's maximum. Throws 422.
 */
export function ttlOf(
  { env, settings }: Engine,
  version: TaskVersion | null,
  given: string | number | undefined,
): { ttl: string; ttlMs: number } | null {
  const ttl = given ?? version?.task.ttl ?? version?.deployment.manifest.config.ttl ?? (env.type === "DEVELOPMENT" ? "10m" : undefined);
  const ms = ttl === undefined ? 0 : parseTtl(ttl);
  if (ms === null || ms > maxTtlMs) {
    const message = `"${ttl}" is neither a duration such as "10m" nor a number of seconds.`;
    throw new EngineError(422, message, { param: "options.ttl", issues: [{ path: "options.ttl", message }] });
  }
  if (settings.ttlMaxMs !== null && (ms === 0 || ms > settings.ttlMaxMs))
    return { ttl: `${settings.ttlMaxMs / 1000}s`, ttlMs: settings.ttlMaxMs };
  return ttl === undefined || ms === 0 ? null : { ttl: typeof ttl === "number" ? `${ttl}s` : ttl, ttlMs: ms };
}
