import { expect, test } from "vitest";
import { compareWithUsual } from "./compared";

const usual = { runs: 100, p50Ms: 400, p95Ms: 1_000 };

test("a run is much slower only when nearly all others were much faster, and many have told", () => {
  expect(compareWithUsual(500, usual)).toEqual({ usualMs: 400, slower: null });
  expect(compareWithUsual(2_000, usual)).toEqual({ usualMs: 400, slower: null });
  expect(compareWithUsual(4_000, usual)).toEqual({ usualMs: 400, slower: 10 });
  expect(compareWithUsual(900, { runs: 100, p50Ms: 10, p95Ms: 20 })).toEqual({ usualMs: 10, slower: null });
  expect(compareWithUsual(4_000, { ...usual, runs: 9 })).toBeNull();
  expect(compareWithUsual(4_000, { runs: 0, p50Ms: null, p95Ms: null })).toBeNull();
});
