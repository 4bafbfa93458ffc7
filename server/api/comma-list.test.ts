import { expect, test } from "vitest";
import { joinedReadings, readings, waysToRead } from "./comma-list";

test("a list that was joined with commas is read in every way that it may have been meant", () => {
  expect(readings(undefined)).toBeUndefined();
  expect(readings(" ")).toBeUndefined();
  expect(readings("a,")).toEqual(["a", "a,"]);
  expect(readings("a")).toEqual(["a"]);
  expect(readings("a, b")).toEqual(["a", "b", "a, b"]);
  expect(readings("Doe, Jane,vip")).toEqual(["Doe", "Jane", "vip", "Doe, Jane", "Jane,vip", "Doe, Jane,vip"]);
  expect(readings("a,b", (joined) => joined === "x")).toEqual(["a", "b"]);
});

test("its ways are those of the values that exist", () => {
  expect(waysToRead("a,b", new Set())).toEqual([["a", "b"]]);
  expect(waysToRead("Doe, Jane,vip", new Set(["Doe, Jane"]))).toEqual([
    ["Doe", "Jane", "vip"],
    ["Doe, Jane", "vip"],
  ]);
  expect(waysToRead("", new Set())).toEqual([]);
});

test("long lists stay cheap", () => {
  expect(joinedReadings("x,".repeat(100_000))).toEqual([]);
  expect(waysToRead("x,".repeat(39), new Set(joinedReadings("x,".repeat(39)))).length).toBeLessThanOrEqual(16);
  expect(readings(Array.from({ length: 40 }, (_, i) => `t${i}`).join(","))?.length).toBeLessThan(250);
});
