import { expect, test } from "vitest";
import { issuesOf, toErrorTree } from "./issues";

test("issues are told apart by root; a path without a root is the payload's", () => {
  const body = {
    error: "Invalid",
    issues: [
      { path: "payload.items.0.name", message: "Required" },
      { path: "options.delay", message: "Not a date" },
      { path: "email", message: "Not an address" },
      { path: "payload", message: "Expected object" },
    ],
  };
  expect(issuesOf(body, "payload")).toEqual([
    { path: "items.0.name", message: "Required" },
    { path: "email", message: "Not an address" },
    { path: "", message: "Expected object" },
  ]);
  expect(issuesOf(body, "options")).toEqual([{ path: "delay", message: "Not a date" }]);
  expect(issuesOf({ error: "none" }, "payload")).toEqual([]);
});

test("the tree holds each message at its field, several per field, in any notation of the path", () => {
  expect(
    toErrorTree([
      { path: "items[0].name", message: "Required" },
      { path: "/items/0/name", message: "Too short" },
      { path: "", message: "Wrong" },
    ]),
  ).toEqual({ __errors: ["Wrong"], items: { "0": { name: { __errors: ["Required", "Too short"] } } } });
});

test("a hostile path cannot reach the prototype", () => {
  toErrorTree([{ path: "__proto__.polluted", message: "x" }]);
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});
