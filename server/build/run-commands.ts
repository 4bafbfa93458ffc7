import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import type { Logger } from "@/server/log";
import { BuildFailure } from "./build-error";
import { linkModules, moduleFoldersAbove } from "./bundle-folder";

interface CommandOptions {
  /** The build's folder: they run in it, and find the project's packages as if they were installed there. */
  directory: string;
  projectDir: string;
  env: NodeJS.ProcessEnv;
  log: Logger;
}

const longestCommandMs = 10 * 60_000;

/** The commands of build extensions, one after the other. The first that fails fails the build, with what it said last. */
export async function runCommands(commands: readonly string[], options: CommandOptions): Promise<void> {
  if (commands.length === 0) return;
  const folders = moduleFoldersAbove(options.projectDir);
  if (folders[0] !== undefined) await linkModules(folders[0], join(options.directory, "node_modules"));
  const path = [...folders.map((folder) => join(folder, ".bin")), options.env["PATH"]].filter((part) => part !== undefined).join(delimiter);
  for (const command of commands) {
    options.log.info("running a command of the build", { command });
    await run(command, { ...options, env: { ...options.env, PATH: path } });
  }
}

function run(command: string, { directory, env }: CommandOptions): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(command, { shell: true, cwd: directory, env, stdio: ["ignore", "pipe", "pipe"], timeout: longestCommandMs });
    let said = "";
    for (const output of [child.stdout, child.stderr])
      output.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
    child.on("error", fail);
    child.on("close", (code, signal) => {
      if (code === 0) return done();
      const last = said.trim().split("\n").slice(-4).join(" · ");
      fail(
        new BuildFailure({
          message: `The command ${JSON.stringify(command)} of a build extension ended with ${signal ?? `exit code ${code}`}${last === "" ? "" : `: ${last}`}`,
        }),
      );
    });
  });
}
