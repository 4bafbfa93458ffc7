import { expect, test } from "vitest";
import { createLog, redact, type LogFormat } from "./log";

function logOf(format: LogFormat) {
  const lines: string[] = [];
  return { lines, log: createLog({ level: "info", format, write: (line) => void lines.push(line) }) };
}

test.each([
  ["a secret key", "used tr_prod_AbCdEfGhIjKlMnOpQrStUvWx", "used tr_prod_[redacted]"],
  ["a JWT", "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.abc_DEF-123", "token [jwt]"],
  ["a database address", "connect postgres://user:p4ss%40word@host/db failed", "connect postgres://user:[redacted]@host/db failed"],
  ["a bearer header", "Authorization: Bearer abcdef0123456789", "Authorization: Bearer [redacted]"],
  ["a setup link", "http://127.0.0.1:3030/setup#code=abc123", "http://127.0.0.1:3030/setup#code=[redacted]"],
  ["an ordinary sentence", "run run_1 of task import-csv took 12:30", "run run_1 of task import-csv took 12:30"],
])("%s", (_, text, expected) => {
  expect(redact(text)).toBe(expected);
});

test.each(["json", "pretty"] as const)("%s: one line per entry, whatever is in it, and no secret", (format) => {
  const { lines, log } = logOf(format);
  const cyclic: Record<string, unknown> = { name: "loop" };
  cyclic.self = cyclic;
  log
    .child({ run: "run_1" })
    .error("first\nsecond", { error: new Error("a\nb"), cyclic, big: 10n, password: "hunter2", nested: { token: "t0ps3cret" } });
  log.debug("not shown");
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toContain("\n");
  expect(lines[0]).toContain("run_1");
  expect(lines[0]).not.toMatch(/hunter2|t0ps3cret/);
});

test("json lines parse", () => {
  const { lines, log } = logOf("json");
  log.info("hello", { port: 3030 });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", message: "hello", port: 3030 });
});
