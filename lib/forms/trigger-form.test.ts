import { expect, test } from "vitest";
import { TriggerBody } from "../contracts/trigger";
import { blankFields, changedFields, checkFields, toOptions, type TriggerField } from "./trigger-form";

const now = Date.parse("2030-01-01T00:00:00Z");
const accepts: [TriggerField, string][] = [
  ["delay", "10m"],
  ["delay", "2030-01-31T09:00:00Z"],
  ["ttl", "600"],
  ["ttl", "1h30m"],
  ["priority", "-20"],
  ["maxAttempts", "3"],
  ["maxDuration", "5"],
  ["machine", "small-1x"],
  ["metadata", '{"a": 1}'],
];
const refuses: [TriggerField, string][] = [
  ["delay", "tomorrow"],
  ["delay", "12"],
  ["ttl", "soon"],
  ["priority", "high"],
  ["maxAttempts", "0"],
  ["maxAttempts", "2.5"],
  ["maxDuration", "4"],
  ["machine", "huge"],
  ["metadata", "[1]"],
  ["metadata", "{"],
  ["idempotencyKeyTTL", "1h"],
];

test.each(accepts)("%s takes %s", (field, text) => {
  expect(checkFields({ ...blankFields, [field]: text }, now)).toEqual({});
});

test.each(refuses)("%s refuses %s, and says so at that field alone", (field, text) => {
  expect(Object.keys(checkFields({ ...blankFields, [field]: text }, now))).toEqual([field]);
});

test("blank fields send nothing but the type and that it is a test", () => {
  expect(toOptions(blankFields)).toEqual({ payloadType: "application/json", test: true });
  expect(changedFields(blankFields)).toBe(0);
});

test("what is sent is what the API's schema takes", () => {
  const fields = {
    ...blankFields,
    tags: ["a"],
    queue: "mail",
    ttl: "60",
    priority: "5",
    metadata: '{"a":1}',
    idempotencyKey: "k",
    idempotencyKeyTTL: "24h",
    machine: "micro",
  };
  expect(checkFields(fields, now)).toEqual({});
  const parsed = TriggerBody.parse({ payload: 1, options: toOptions(fields) });
  expect(parsed.options).toMatchObject({
    tags: ["a"],
    queue: { name: "mail" },
    ttl: 60,
    priority: 5,
    metadata: { a: 1 },
    idempotencyKey: "k",
    idempotencyKeyTTL: "24h",
    machine: "micro",
  });
  expect(changedFields(fields)).toBe(8);
});

test("too many tags are counted in the message", () => {
  expect(checkFields({ ...blankFields, tags: Array.from({ length: 12 }, (_, i) => `t${i}`) }, now).tags).toContain("remove 2");
});
