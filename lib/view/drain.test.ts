import { expect, test } from "vitest";
import { drainMs } from "./drain";

test("what waits is gone when the pace of the last ten minutes has gone through it", () => {
  const ended = [...Array.from({ length: 50 }, () => 900), ...Array.from({ length: 10 }, () => 6)];
  expect(drainMs(60, ended)).toBe(10 * 60_000);
  expect(drainMs(0, ended)).toBe(0);
});

test("a queue in which nothing has ended lately has no estimate", () => {
  expect(drainMs(60, [...Array.from({ length: 50 }, () => 900), ...Array.from({ length: 10 }, () => 0)])).toBeNull();
});
