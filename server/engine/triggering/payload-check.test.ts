import { expect, test, vi } from "vitest";
import { z } from "zod";
import type { TaskManifest } from "@/lib/contracts/task";
import { encodePacket } from "@/lib/values/packet";
import { certainSchemaOf } from "../../worker/certain-schema";
import { createLog, type Logger } from "../../log";
import { payloadIssues } from "./payload-check";

const log = createLog({ level: "error", format: "json", write: () => {} });
const task = (certainSchema: unknown): TaskManifest => ({ id: "t", filePath: "t.ts", queue: "task/t", certainSchema });
const issues = (schema: z.ZodType, value: unknown) => payloadIssues(task(certainSchemaOf(schema)), encodePacket(value), log);

test("no rules, nothing to say", () => {
  expect(payloadIssues(task(undefined), encodePacket({ any: 1 }), log)).toEqual([]);
});

test("issues name the field", () => {
  const schema = z.object({
    items: z.array(z.object({ name: z.string().min(1), kind: z.enum(["a", "b"]).optional() })),
    n: z.number().positive().nullable(),
  });
  expect(issues(schema, { items: [{ name: "ok", kind: "c" }, {}, { name: "" }], n: 0 })).toEqual([
    { path: "payload.items.0.kind", message: 'must be one of "a", "b"' },
    { path: "payload.items.1.name", message: "is required" },
    { path: "payload.items.2.name", message: "must NOT have fewer than 1 characters" },
    { path: "payload.n", message: "must be > 0" },
  ]);
  expect(issues(schema, { items: [], n: "x" })).toEqual([{ path: "payload.n", message: "must be number or null" }]);
  expect(issues(schema, "text")).toEqual([{ path: "payload", message: "must be object" }]);
  expect(issues(schema, undefined)).toEqual([{ path: "payload", message: "is required" }]);
});

test("a date is a string of JSON, and what is undefined is not there", () => {
  const schema = z.object({ at: z.iso.datetime(), note: z.string().optional() });
  expect(issues(schema, { at: new Date(), note: undefined })).toEqual([]);
  expect(issues(schema, { at: undefined })).toEqual([{ path: "payload.at", message: "is required" }]);
});

test("values that JSON lacks are left to the task's own schema", () => {
  const schema = z.object({ whole: z.int(), tags: z.array(z.string()), plain: z.int() });
  expect(issues(schema, { whole: 10n, tags: new Set([1]), plain: "x" })).toEqual([{ path: "payload.plain", message: "must be integer" }]);
});

test("rules that cannot be compiled let payloads through and say so once", () => {
  const warn = vi.fn<Logger["warn"]>();
  const broken = task({ type: "object", properties: { payload: { $ref: "#/nowhere" } } });
  for (let n = 0; n < 2; n++) expect(payloadIssues(broken, encodePacket({ a: 1 }), { ...log, warn })).toEqual([]);
  expect(warn).toHaveBeenCalledTimes(1);
});
