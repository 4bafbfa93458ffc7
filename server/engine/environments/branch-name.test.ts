import fc from "fast-check";
import { expect, test } from "vitest";
import { readBranch, slugOfBranch } from "./branch-name";

const branches = fc
  .string({ unit: fc.constantFrom("a", "b", "X", "Z", "0", "9", "-", "_", "/", "."), minLength: 1, maxLength: 255 })
  .filter((name) => {
    try {
      return readBranch(name) === name;
    } catch {
      return false;
    }
  });

test("every branch has an address of letters, digits and hyphens, also where the plain one is taken", () => {
  fc.assert(
    fc.property(branches, fc.constantFrom("preview", "p", "a".repeat(40)), (branch, parent) => {
      const slugs = [slugOfBranch(parent, branch, "free"), slugOfBranch(parent, branch, "taken")];
      for (const slug of slugs) expect(slug).toMatch(/^[a-z][a-z0-9-]{0,39}$/);
      // What is not spelled as the branch is told apart by more than what is left of it.
      expect(slugs[0] === `${parent}-${branch}` || slugs[0] === slugs[1]).toBe(true);
    }),
  );
});

test("names are read as git and its references spell them", () => {
  for (const name of ["fix", "feature/search", "dependabot/npm_and_yarn/x-1.2.3", "a@b"])
    expect(readBranch(` refs/heads/${name} `)).toBe(name);
  for (const name of [
    "",
    " ",
    "refs/heads/",
    "a b",
    "a..b",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[",
    "a\\b",
    "/a",
    "a/",
    "a//b",
    ".a",
    "a.",
    "-a",
    "@{u}",
    "a.lock",
    "a.lock/b",
    "ü",
    "a\nb",
    "x".repeat(256),
  ]) {
    expect(() => readBranch(name), name).toThrow("no name of a git branch");
  }
});
