import { fork, type ChildProcess } from "node:child_process";
import type { Logger } from "@/server/log";
import { BuildFailure, fromStack } from "./build-error";
import { FromBuilder, type BuildRequest, type Made } from "./builder-protocol";
import { workerEnvironment } from "./worker-environment";

/** A process that builds, waiting for its request: starting one is half of a small build's time. */
export type Builder = ChildProcess;

/** `entry` is the compiled `server/build/builder.ts`. Nothing of this process's environment is in it. */
export function startBuilder(entry: string): Builder {
  return fork(entry, [], {
    env: workerEnvironment({ projectEnv: {}, nodeEnv: "production" }),
    execArgv: ["--enable-source-maps"],
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
}

/** The whole group, with what extensions have started. */
export function endBuilder(builder: Builder): void {
  if (builder.pid === undefined || builder.exitCode !== null || builder.signalCode !== null) return;
  try {
    process.kill(-builder.pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

interface RunOptions {
  builder: Builder;
  request: BuildRequest;
  log: Logger;
  onSources(sources: { files: string[]; directories: string[] }): void;
  loadTimeoutMs?: number;
}

/** Extensions may install, generate and migrate. */
const longestBuildMs = 15 * 60_000;

/** Builds in a process of its own: config and extensions are the project's code, and this process holds secrets. */
export function runBuilder({ builder: child, request, log, onSources, loadTimeoutMs = 20_000 }: RunOptions): Promise<Made> {
  return new Promise((resolve, reject) => {
    const end = () => endBuilder(child);
    const giveUp = (message: string) => {
      reject(new BuildFailure({ message }));
      end();
    };
    let timer = setTimeout(
      () => giveUp("trigger.config did not finish loading. Remove what waits or connects from its top level"),
      loadTimeoutMs,
    );
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-20_000)));
    child.stdout?.setEncoding("utf8").on("data", (text: string) => log.debug("printed by the build", { text: text.trimEnd() }));
    child.on("message", (raw) => {
      const message = FromBuilder.parse(raw);
      switch (message.type) {
        case "log":
          return log[message.level](message.message);
        case "loaded":
          clearTimeout(timer);
          timer = setTimeout(() => giveUp("The build extensions did not finish within 15 minutes"), longestBuildMs);
          return undefined;
        case "sources":
          return onSources(message);
        case "made":
          resolve(message.made);
          return end();
        case "failed":
          reject(new BuildFailure(message.error));
          return end();
      }
    });
    child.on("error", reject);
    child.on("exit", end);
    // After `made` or `failed`, this changes nothing.
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const fallback = stderr.trim() === "" ? `The process that loads trigger.config ended with ${signal ?? `exit code ${code}`}` : stderr;
      reject(new BuildFailure(fromStack(fallback, request.projectDir)));
    });
    child.send(request);
  });
}
