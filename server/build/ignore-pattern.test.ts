import { expect, it } from "vitest";
import { defaultIgnorePatterns, ignorePattern } from "./ignore-pattern";

it.each([
  ["**/*.test.ts", "trigger/a.test.ts", true],
  ["**/*.test.ts", "a.test.ts", true],
  ["**/*.test.ts", "trigger/a.ts", false],
  ["*.draft.ts", "trigger/deep/a.draft.ts", true],
  ["trigger/*.ts", "trigger/a.ts", true],
  ["trigger/*.ts", "trigger/deep/a.ts", false],
  ["./trigger/**", "trigger/deep/a.ts", true],
  ["trigger/{a,b}.ts", "trigger/b.ts", true],
  ["trigger/{a,b}.ts", "trigger/c.ts", false],
  ["trigger/[ab]?.ts", "trigger/a1.ts", true],
  ["trigger/[!ab]*.ts", "trigger/a1.ts", false],
  ["trigger/a+(b).ts", "trigger/a+(b).ts", true],
  ["a.ts", "axts", false],
])("%s on %s: %s", (...[glob, path, fits]) => {
  expect(ignorePattern(glob).test(path)).toBe(fits);
});

it("leaves tests and declarations out by default", () => {
  const ignored = (path: string) => defaultIgnorePatterns.some((glob) => ignorePattern(glob).test(path));
  for (const path of ["trigger/a.test.ts", "trigger/a.spec.mjs", "trigger/b.d.ts", "a.test.tsx"]) expect(ignored(path)).toBe(true);
  for (const path of ["trigger/test.ts", "trigger/spec/a.ts", "trigger/latest.ts"]) expect(ignored(path)).toBe(false);
});
