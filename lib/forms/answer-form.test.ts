import { expect, test } from "vitest";
import {
  asDecision,
  decision,
  findQuestion,
  hasNote,
  verdictOf,
  withAnswerer,
  withNote,
  withoutAnswerer,
  withoutQuestion,
} from "./answer-form";

const schema = { type: "object", properties: { amount: { type: "number" } } };

test("the question is found under $form before form before approval, in the first run that has one", () => {
  expect(
    findQuestion([
      null,
      JSON.stringify({ approval: { schema, title: "late" }, $form: { schema, title: "Refund?", defaults: { amount: 2 } } }),
    ]),
  ).toEqual({
    schema,
    title: "Refund?",
    defaults: { amount: 2 },
  });
  expect(findQuestion([JSON.stringify({ form: schema })])).toEqual({ schema });
  expect(findQuestion([JSON.stringify({ approval: { schema, summary: "why" } })])).toEqual({ schema, summary: "why" });
});

test("metadata of another meaning under those names is not a question", () => {
  for (const approval of [
    "pending",
    3,
    null,
    [],
    { by: "ada", amount: 3 },
    { schema: "x" },
    { schema: { type: "string" } },
    { type: "object" },
  ]) {
    expect(findQuestion([JSON.stringify({ approval })])).toBeNull();
  }
  expect(findQuestion(["{broken", "[1]", null])).toBeNull();
});

test("what the form shows is not shown again as metadata; the rest is", () => {
  expect(withoutQuestion({ $form: { schema }, approval: { by: "ada" }, order: 7 })).toEqual({ approval: { by: "ada" }, order: 7 });
});

test("a blank note is left out, a field named note is never overwritten", () => {
  expect(decision("approved", "  ")).toEqual({ approved: true });
  expect(decision("rejected", " too dear ")).toEqual({ approved: false, note: "too dear" });
  expect(withNote({ amount: 2 }, "ok")).toEqual({ amount: 2, note: "ok" });
  expect(withNote({ note: "mine" }, "ok")).toEqual({ note: "mine" });
  expect(withNote([1], "ok")).toEqual([1]);
});

test("a schema that asks yes or no keeps its other fields for the form", () => {
  const rest = { type: "object", properties: { note: { type: "string" } }, required: [] };
  const asked = { type: "object", properties: { approved: { type: "boolean" }, note: { type: "string" } }, required: ["approved"] };
  expect(asDecision(asked)).toEqual({ rest });
  expect(hasNote(asked)).toBe(true);
  expect(asDecision({ type: "object", properties: { approved: { type: "boolean" } } })).toEqual({ rest: null });
  expect(asDecision({ type: "object", properties: { approved: { type: "string" } } })).toBeNull();
  expect(asDecision(schema)).toBeNull();
});

test("who decides is not asked of who is signed in, and is told to the run", () => {
  const asked = {
    type: "object",
    properties: { approved: { type: "boolean" }, by: { type: "string" }, amount: { type: "number" } },
    required: ["approved", "by"],
  };
  expect(withoutAnswerer(asked)).toEqual({
    named: true,
    schema: { type: "object", properties: { approved: { type: "boolean" }, amount: { type: "number" } }, required: ["approved"] },
  });
  expect(withAnswerer({ approved: false }, "Ada")).toEqual({ approved: false, by: "Ada" });
  expect(withAnswerer([1], "Ada")).toEqual([1]);
  // The word means something else where no decision is asked, or where it is a choice.
  for (const other of [
    { type: "object", properties: { by: { type: "string" } } },
    { type: "object", properties: { approved: { type: "boolean" }, by: { type: "string", enum: ["card", "bank"] } } },
  ]) {
    expect(withoutAnswerer(other)).toEqual({ named: false, schema: other });
  }
});

test("a rejection, an error and no answer are told apart from an approval", () => {
  const token = (output: unknown, rest = {}) =>
    verdictOf({ status: "COMPLETED", output: JSON.stringify(output), outputType: "application/json", ...rest });
  expect(token({ approved: true })).toBe("approved");
  expect(token({ approved: false, note: "no" })).toBe("rejected");
  expect(token({ amount: 3 })).toBe("answered");
  expect(token({ message: "broke" }, { outputIsError: true })).toBe("failed");
  expect(token("approved", { outputType: "text/plain" })).toBe("answered");
  expect(verdictOf({ status: "TIMED_OUT" })).toBe("timed out");
});
