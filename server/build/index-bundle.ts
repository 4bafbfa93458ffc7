import { fork } from "node:child_process";
import { z } from "zod";
import { FromWorker } from "@/lib/contracts/ipc";
import type { BundleManifest } from "@/lib/contracts/task";
import { BuildFailure, fromStack } from "./build-error";

interface IndexOptions {
  workerEntry: string;
  /** Absolute path of the bundle's module. */
  bundlePath: string;
  projectDir: string;
  /** Working directory of its tasks. */
  cwd: string;
  env: NodeJS.ProcessEnv;
  execArgv: readonly string[];
  timeoutMs?: number;
}

/** Loads a bundle in a worker process, as runs will, and asks it what it holds. What its modules have begun has a moment to fail. */
export function indexBundle(options: IndexOptions): Promise<BundleManifest> {
  return new Promise((resolve, reject) => {
    const child = fork(options.workerEntry, [options.bundlePath, "index", options.projectDir], {
      cwd: options.cwd,
      env: options.env,
      execArgv: ["--enable-source-maps", ...options.execArgv],
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const end = () => {
      // The whole group: modules may start processes when they are loaded.
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // Gone already.
      }
    };
    const seconds = (options.timeoutMs ?? 30_000) / 1000;
    const timer = setTimeout(() => {
      reject(
        new BuildFailure({
          message: `The task files did not finish loading in ${seconds} s. Remove what waits or loops at their top level`,
        }),
      );
      end();
    }, seconds * 1000);
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-20_000)));
    child.on("message", (raw) => {
      const messages = z.array(FromWorker).safeParse(raw);
      for (const message of messages.data ?? []) {
        if (message.type === "ready") resolve(message.manifest);
        if (message.type === "broken") reject(new BuildFailure(located(message.error, options.projectDir)));
      }
      if (!messages.success)
        reject(new BuildFailure({ message: `The tasks describe themselves in a way that is not valid: ${describe(messages.error)}` }));
      end();
    });
    child.on("error", reject);
    child.on("exit", end);
    // After a message, this changes nothing.
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const fallback = stderr.trim() === "" ? `The process that loads the task files ended with ${signal ?? `exit code ${code}`}` : stderr;
      reject(new BuildFailure(fromStack(fallback, options.projectDir)));
    });
  });
}

/** A worker that only knows the stack says it in the message. */
function located(error: BuildFailure["error"], projectDir: string): BuildFailure["error"] {
  if (error.file !== undefined) return { ...error, file: fromStack(`(${error.file}:1:1)`, projectDir).file ?? error.file };
  const [headline = error.message] = error.message.split(/\n\s+at /);
  return fromStack(error.message, projectDir, headline.replace(/^Error: /, ""));
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "unknown" : `${issue.path.join(".")}: ${issue.message}`;
}
