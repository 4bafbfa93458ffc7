import fc from "fast-check";
import { expect, it } from "vitest";
import { nameProblem, valueProblem } from "./problem";

it("takes the names that a shell takes", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,30}$/), (name) => {
      const isReserved = /^(?:TRIGGER|SIGNALBOX|NODE|LD|DYLD)_|^(?:PATH|HOME|PWD|OLDPWD|USER|LOGNAME|SHELL|SHLVL|_|TMPDIR)$/.test(name);
      return isReserved || nameProblem(name) === null;
    }),
  );
});

it("takes no name that would end elsewhere: with an equals sign, a space, NUL or a line", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom("=", " ", "\0", "\n", "-", "."),
      fc.string(),
      (before, sign, after) => nameProblem(`${before}${sign}${after}`) !== null,
    ),
  );
});

it.each(["TRIGGER_SECRET_KEY", "TRIGGER_ANYTHING", "SIGNALBOX_DATA", "NODE_OPTIONS", "NODE_CHANNEL_FD", "LD_PRELOAD", "PATH", "__proto__"])(
  "reserves %s",
  (name) => expect(nameProblem(name)).not.toBeNull(),
);
it.each(["NODE_ENV", "TZ", "DATABASE_URL", "_PRIVATE", "lower_case"])("leaves %s to the project", (name) =>
  expect(nameProblem(name)).toBeNull(),
);

it("counts a value in bytes", () => {
  expect(valueProblem("é".repeat(32 * 1024))).toBeNull();
  expect(valueProblem(`${"é".repeat(32 * 1024)}x`)).toContain("65,537 bytes");
  expect(valueProblem("")).toBeNull();
});
