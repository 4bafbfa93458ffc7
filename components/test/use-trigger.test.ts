import { expect, test } from "vitest";
import { toFailure } from "./use-trigger";

const problem = (issues: { path: string; message: string }[], error = "Refused") => ({ status: 422, error, param: undefined, issues });

test("issues go to their fields and are not repeated in general", () => {
  expect(
    toFailure(
      problem([
        { path: "payload.a.0", message: "is required" },
        { path: "options.delay", message: "not a date" },
        { path: "options.queue.name", message: "too long" },
      ]),
      ["delay", "queue"],
    ),
  ).toEqual({ payload: [{ path: "a.0", message: "is required" }], fields: { delay: "not a date", queue: "too long" }, general: undefined });
});

test("what belongs to no field is said in general", () => {
  expect(toFailure(problem([], "Task not found"), ["delay"]).general).toBe("Task not found");
  expect(toFailure(problem([{ path: "options.region", message: "unknown" }], "region is unknown"), ["delay"])).toEqual({
    payload: [],
    fields: {},
    general: "region is unknown",
  });
});
