import { expect, test, vi } from "vitest";
import { z } from "zod";
import type { TaskManifest } from "@/lib/contracts/task";
import { encodePacket } from "@/lib/values/packet";
import { createLog, type Logger } from "../log";
import { payloadIssues } from "./payload-schema";

const log = createLog({ level: "error", format: "json", write: () => {} });
const task = (payloadSchema: unknown): TaskManifest => ({ id: "t", filePath: "t.ts", queue: "task/t", payloadSchema });
const issues = (schema: unknown, value: unknown) => payloadIssues(task(schema), encodePacket(value), log);
const object = (properties: object, required: string[] = []) => ({ type: "object", properties, required });

test("no schema, nothing to say", () => {
  expect(issues(undefined, { any: 1 })).toEqual([]);
});

test("issues name the field", () => {
  const schema = object({ items: { type: "array", items: object({ name: { type: "string", minLength: 2 } }, ["name"]) } }, ["items"]);
  expect(issues(schema, { items: [{ name: "ok" }, {}, { name: "x" }] })).toEqual([
    { path: "payload.items.1.name", message: "is required" },
    { path: "payload.items.2.name", message: "must NOT have fewer than 2 characters" },
  ]);
  expect(issues(schema, "text")).toEqual([{ path: "payload", message: "must be object" }]);
  expect(issues(schema, undefined)).toMatchObject([{ path: "payload" }]);
});

test("a format is named, not its pattern", () => {
  const schema = z.toJSONSchema(z.object({ email: z.email(), code: z.string().regex(/^[a-z]+$/) }));
  expect(issues(schema, { email: "ada", code: "1" })).toEqual([
    { path: "payload.email", message: "must be a valid email" },
    { path: "payload.code", message: 'must match pattern "^[a-z]+$"' },
  ]);
});

test("a date is a string of JSON, and what is undefined is not there", () => {
  const schema = object({ at: { type: "string" }, note: { type: "string" } }, ["at"]);
  expect(issues(schema, { at: new Date(), note: undefined })).toEqual([]);
  expect(issues(schema, { at: undefined })).toEqual([{ path: "payload.at", message: "is required" }]);
});

test("values that JSON lacks are left to the task's own schema", () => {
  const schema = object({ big: { type: "integer" }, tags: { type: "array" }, either: { anyOf: [{ type: "string" }, object({ n: { type: "integer" } })] }, plain: { type: "integer" } });
  expect(issues(schema, { big: 10n, tags: new Set([1]), either: { n: 1n } })).toEqual([]);
  expect(issues(schema, { big: 10n, plain: "x" })).toEqual([{ path: "payload.plain", message: "must be integer" }]);
});

test("of alternatives the parts say what is wrong, not the whole", () => {
  const schema = object({ id: { anyOf: [{ type: "string" }, { type: "number" }] } });
  expect(issues(schema, { id: true }).map((issue) => issue.message)).toEqual(["must be string", "must be number"]);
});

test("a schema that cannot be compiled lets payloads through and says so once", () => {
  const warn = vi.fn<Logger["warn"]>();
  const broken = task({ type: "object", properties: { a: { $ref: "#/nowhere" } } });
  for (let n = 0; n < 2; n++) expect(payloadIssues(broken, encodePacket({ a: 1 }), { ...log, warn })).toEqual([]);
  expect(warn).toHaveBeenCalledTimes(1);
});

test("names of a draft or of the schema itself need not be loaded", () => {
  for (const $schema of ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"]) {
    expect(issues({ $schema, $id: "https://example.com/x", ...object({ a: { type: "string" } }) }, { a: 1 })).toHaveLength(1);
  }
});
