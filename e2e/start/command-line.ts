import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = join(import.meta.dirname, "..", "..", "scripts", "signalbox.mjs");

export interface Answered {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CommandLine {
  /** The folder that holds its profiles. */
  config: string;
  /** Runs `signalbox …` as a process of its own. */
  (
    args: readonly string[],
    options?: {
      cwd?: string;
      env?: Record<string, string | undefined>;
      stdin?: string | Buffer;
      whenSaid?: { text: string; act(): unknown };
    },
  ): Promise<Answered>;
  remove(): void;
}

/** The real command, with a home of its own. */
export function commandLine(env: Record<string, string> = {}): CommandLine {
  const config = mkdtempSync(join(tmpdir(), "signalbox-cli-"));
  const { PATH = "" } = process.env;
  const run: CommandLine = Object.assign(
    (args: readonly string[], options: Parameters<CommandLine>[1] = {}) =>
      new Promise<Answered>((done, fail) => {
        const child = spawn(process.execPath, [bin, ...args], {
          cwd: options.cwd ?? config,
          env: { PATH, HOME: config, NODE_ENV: "production", XDG_CONFIG_HOME: config, ...env, ...options.env },
          stdio: ["pipe", "pipe", "pipe"],
        });
        const said = { stdout: "", stderr: "" };
        let isTold = false;
        for (const name of ["stdout", "stderr"] as const) {
          child[name].setEncoding("utf8").on("data", (text: string) => {
            said[name] += text;
            if (options.whenSaid === undefined || isTold || !said[name].includes(options.whenSaid.text)) return;
            isTold = true;
            void options.whenSaid.act();
          });
        }
        const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
        child.on("error", fail);
        child.on("close", (code) => {
          clearTimeout(timer);
          done({ code, ...said });
        });
        child.stdin.on("error", () => {});
        child.stdin.end(options.stdin ?? "");
      }),
    { config, remove: () => rmSync(config, { recursive: true, force: true }) },
  );
  return run;
}
