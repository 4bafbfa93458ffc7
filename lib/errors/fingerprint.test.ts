import fc from "fast-check";
import { expect, test } from "vitest";
import { fingerprintOf, normaliseMessage, topFrames } from "./fingerprint";

const letters = "ghijklmnopqrstuvwyz".split("");
const hexDigits = "0123456789abcdef".split("");
const word = fc.array(fc.constantFrom(...letters), { minLength: 2, maxLength: 9 }).map((chars) => chars.join(""));
const hexText = (length: number) =>
  fc.array(fc.constantFrom(...hexDigits), { minLength: length, maxLength: length + 20 }).map((chars) => `${chars.join("")}7`);

/** Values of one kind: whichever is in its place, the message is the same. */
const kinds: Record<string, fc.Arbitrary<string>> = {
  number: fc.oneof(
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map((n) => n.toFixed(3)),
    fc.nat().map((n) => n.toLocaleString("en")),
  ),
  uuid: fc.uuid(),
  hex: fc.oneof(
    hexText(8),
    fc.nat().map((n) => `0x${n.toString(16)}`),
  ),
  id: fc.tuple(fc.constantFrom("run", "order", "cus"), hexText(8)).map(([prefix, rest]) => `${prefix}_${rest}`),
  double: fc.string({ maxLength: 30 }).map((text) => JSON.stringify(text)),
  single: fc.string({ maxLength: 30 }).map((text) => `'${text.replaceAll(/['\n]/g, "")}'`),
  path: fc.array(word, { minLength: 2, maxLength: 6 }).map((parts) => `/${parts.join("/")}.ts`),
  url: fc.webUrl().map((url) => url.replaceAll("'", "")),
  time: fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }).map((date) => date.toISOString()),
};

test.each(Object.keys(kinds))("a message does not depend on the %s in it", (kind) => {
  const value = kinds[kind] ?? fc.constant("");
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 4 }),
      fc.array(word, { minLength: 1, maxLength: 4 }),
      value,
      value,
      (before, after, one, other) => {
        const message = (inside: string) => `${before.join(" ")} ${inside} ${after.join(" ")}`;
        expect(normaliseMessage(message(one))).toBe(normaliseMessage(message(other)));
      },
    ),
  );
});

test("words make a difference, and their order", () => {
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 6 }),
      fc.array(word, { minLength: 1, maxLength: 6 }),
      fc.nat(),
      (one, other, n) => {
        fc.pre(one.join(" ") !== other.join(" "));
        expect(normaliseMessage(`${one.join(" ")} ${n}`)).not.toBe(normaliseMessage(`${other.join(" ")} ${n}`));
      },
    ),
  );
});

test("any text is read in time, and the same way twice", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 3000 }),
        fc.array(fc.constantFrom("'", '"', "/", "a", "0", "_", "-", "\\"), { maxLength: 3000 }).map((chars) => chars.join("")),
      ),
      (text) => {
        const from = performance.now();
        expect(normaliseMessage(text)).toBe(normaliseMessage(text));
        topFrames(text);
        expect(performance.now() - from).toBeLessThan(2000);
      },
    ),
  );
});

test.each([
  ["Can't find user 42, didn't look", "Can't find user <n>, didn't look"],
  ["Cannot read properties of undefined (reading 'id')", "Cannot read properties of undefined (reading <value>)"],
  ["ENOENT: no such file, open '/tmp/a b/c.txt'", "ENOENT: no such file, open <value>"],
  ["connect ECONNREFUSED 10.0.0.17:5432", "connect ECONNREFUSED <n>"],
  ['{"code":500,"user":"a@b.co"}', "{code:<n>,user:<value>}"],
  ["mail to ada@example.com bounced at 2026-01-02T03:04:05Z", "mail to <email> bounced at <time>"],
])("%s", (message, expected) => expect(normaliseMessage(message)).toBe(expected));

const stack = (build: string, line: number) =>
  `Error: boom ${line}\n    at send (/data/builds/${build}/trigger/mail.ts:${line}:7)\n    at async run (/data/builds/${build}/trigger/mail.ts:${line + 9}:3)\n    at node:internal/process/task_queues:103:5\n    at async x (/data/node_modules/y/z.js:1:1)`;
const thrown = (at: { message?: string; stack: string; name?: string }) =>
  ({ type: "BUILT_IN_ERROR", name: at.name ?? "Error", message: at.message ?? "boom 1", stackTrace: at.stack }) as const;

test("where it was thrown counts, the build and the line do not", () => {
  expect(topFrames(stack("0a1b2c3d4e5f", 12))).toEqual(["send (mail.ts)", "run (mail.ts)"]);
  const one = fingerprintOf("mail", thrown({ stack: stack("0a1b2c3d4e5f", 12) }));
  expect(fingerprintOf("mail", thrown({ stack: stack("ffffffff0000", 40), message: "boom 2" }))).toBe(one);
  expect(fingerprintOf("other", thrown({ stack: stack("0a1b2c3d4e5f", 12) }))).not.toBe(one);
  expect(fingerprintOf("mail", thrown({ stack: stack("0a1b2c3d4e5f", 12), name: "TypeError" }))).not.toBe(one);
  expect(fingerprintOf("mail", thrown({ stack: stack("0a1b2c3d4e5f", 12).replace("at send", "at receive") }))).not.toBe(one);
});

test("only foreign frames are better than none", () => {
  expect(topFrames("Error\n    at connect (node:net:1:2)\n    at /srv/node_modules/pg/lib/client.js:5:6")).toEqual([
    "connect (node:net)",
    " (client.js)",
  ]);
});
