import { expect, test } from "vitest";
import type { RunRow } from "@/lib/contracts/run";
import { linesOf } from "./use-families";

const run = (id: string, parentId?: string): RunRow => ({
  id,
  task: "t",
  status: "EXECUTING",
  version: 1,
  tags: [],
  queue: "q",
  attempt: 1,
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  depth: 0,
  isTest: false,
  priority: 0,
  usageMs: 0,
  ...(parentId !== undefined && { parentId }),
});
const shape = (rows: RunRow[], open: string[], children: Record<string, RunRow[]>) =>
  linesOf(rows, new Set(open), new Map(Object.entries(children))).map(({ row, depth }) => `${"-".repeat(depth)}${row.id}`);

test("children stand below their open parent, of any depth, and only there", () => {
  const [a, b, c, d] = [run("a"), run("b", "a"), run("c", "b"), run("d")];
  expect(shape([d, c, b, a], [], {})).toEqual(["d", "c", "b", "a"]);
  expect(shape([d, b, a], ["a"], { a: [b] })).toEqual(["d", "a", "-b"]);
  expect(shape([d, c, b, a], ["a", "b"], { a: [b], b: [c] })).toEqual(["d", "a", "-b", "--c"]);
  // Its parent is not in the list: it stays where it was found.
  expect(shape([c, d], ["b"], { b: [c] })).toEqual(["c", "d"]);
});

test("a parent whose children have not been read yet leaves the list as it is", () => {
  const [a, b] = [run("a"), run("b", "a")];
  expect(shape([b, a], ["a"], {})).toEqual(["b", "a"]);
});
