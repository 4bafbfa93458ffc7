import { createHash } from "node:crypto";
import { EngineError } from "../error";

/** What git refuses in a branch, and what a header cannot carry. */
const wrong = /[^\x21-\x7e]|\.\.|[~^:?*[\\]|^[/.-]|[/.]$|\/\/|@\{|\.lock(?:\/|$)/;
const mostLetters = 255;
const slugLetters = 40;

/** As it is spelled in git, or as `refs/heads/…`. Throws EngineError 400 for what cannot be a branch. */
export function readBranch(given: string): string {
  const name = given.trim().replace(/^refs\/(?:heads|remotes|tags)\//, "");
  if (name === "" || name.length > mostLetters || wrong.test(name)) {
    throw new EngineError(
      400,
      `branch: ${JSON.stringify(given.slice(0, 64))} is no name of a git branch. Use one such as feature/search.`,
      { param: "branch" },
    );
  }
  return name;
}

/** Stands in addresses: what is left of the name, and where something was lost or the plain one is `taken`, a part of its hash. */
export function slugOfBranch(parentSlug: string, branch: string, plainSlug: "free" | "taken"): string {
  const plain = branch
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const whole = `${parentSlug}-${plain}`;
  if (plainSlug === "free" && plain === branch && whole.length <= slugLetters) return whole;
  const mark = createHash("sha256").update(branch).digest("hex").slice(0, 6);
  return `${whole.slice(0, slugLetters - mark.length - 1).replace(/-$/, "")}-${mark}`;
}
