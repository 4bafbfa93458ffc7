import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { GitFacts } from "@/lib/contracts/deployments";

const run = promisify(execFile);

/** Undefined without git or a repository. */
export async function readGit(folder: string): Promise<GitFacts | undefined> {
  const ask = async (...args: string[]) => (await run("git", args, { cwd: folder, timeout: 10_000, maxBuffer: 10_000_000 })).stdout.trim();
  try {
    const [commit, branch, message, author, changes] = await Promise.all([
      ask("rev-parse", "HEAD"),
      ask("rev-parse", "--abbrev-ref", "HEAD"),
      ask("log", "-1", "--format=%s"),
      ask("log", "-1", "--format=%an"),
      ask("status", "--porcelain", "--", "."),
    ]);
    // A CI job checks out a commit without its branch.
    const named =
      branch === "HEAD" ? process.env["GITHUB_HEAD_REF"] || process.env["GITHUB_REF_NAME"] || process.env["CI_COMMIT_REF_NAME"] : branch;
    return {
      commit,
      message: message.slice(0, 500),
      author: author.slice(0, 256),
      dirty: changes !== "",
      ...(named !== undefined && named !== "" && { branch: named.slice(0, 256) }),
    };
  } catch {
    return undefined;
  }
}
