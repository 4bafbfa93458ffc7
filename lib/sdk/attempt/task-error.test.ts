import fc from "fast-check";
import { expect, test } from "vitest";
import { TaskRunError } from "@/lib/contracts/error";
import { reviveError } from "../result";
import { toTaskRunError } from "./task-error";

test("limits of message and stack", () => {
  const error = new Error("m".repeat(5000));
  error.stack = `Error: ${error.message}\n${Array.from({ length: 120 }, (_, i) => `    at frame${i} ${"x".repeat(i === 0 ? 3000 : 1)}`).join("\n")}`;
  const stored = toTaskRunError(error);
  if (stored.type !== "BUILT_IN_ERROR") throw new Error(stored.type);
  expect(stored.message).toHaveLength(1000);
  const frames = stored.stackTrace.split("\n").filter((line) => line.startsWith("    at"));
  expect(frames).toHaveLength(50);
  expect(frames.map((line) => Number(/frame(\d+)/.exec(line)?.[1])).slice(3, 7)).toEqual([3, 4, 75, 76]);
  expect(Math.max(...stored.stackTrace.split("\n").map((line) => line.length))).toBeLessThanOrEqual(1024);
});

test("frames of this package are left out, unless there are no others", () => {
  const own = `    at async perform (${new URL("execute.ts", import.meta.url).href}:1:2)`;
  const error = new Error("late");
  error.stack = `Error: late\n    at run (/app/trigger/report.ts:37:71)\n${own}`;
  expect(toTaskRunError(error)).toMatchObject({ stackTrace: "Error: late\n    at run (/app/trigger/report.ts:37:71)" });
  error.stack = `Error: late\n${own}`;
  expect(toTaskRunError(error)).toMatchObject({ stackTrace: error.stack });
});

test("the cause is told", () => {
  const stored = toTaskRunError(new Error("outer", { cause: new TypeError("inner") }));
  expect(stored).toMatchObject({ stackTrace: expect.stringContaining("Caused by: TypeError: inner") });
});

test("whatever is thrown can be stored, and comes back as what it was", () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withObjectString: true }),
      (thrown) => {
        const stored = toTaskRunError(thrown);
        expect(TaskRunError.safeParse(stored).success).toBe(true);
        expect(() => reviveError(stored)).not.toThrow();
      },
    ),
  );
  fc.assert(fc.property(fc.string(), (thrown) => reviveError(toTaskRunError(thrown)) === thrown));
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  expect(toTaskRunError(cyclic).type).toBe("CUSTOM_ERROR");
  expect(reviveError(toTaskRunError({ code: 7 }))).toEqual({ code: 7 });
  const revived = reviveError(toTaskRunError(new RangeError("too far")));
  expect(revived).toMatchObject({ name: "RangeError", message: "too far" });
});
