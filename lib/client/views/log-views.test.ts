import { expect, test } from "vitest";
import type { TraceItem } from "@/lib/contracts/run";
import { traceReducer, type TraceState } from "./log-views";

const at = new Date(0).toISOString();
const line = (seq: number): TraceItem => ({
  runId: "run_a",
  seq,
  kind: "log",
  spanId: `s${seq}`,
  parentId: null,
  name: `line ${seq}`,
  at,
  attempt: 1,
});
const add = (held: TraceState, ...items: TraceItem[]) =>
  traceReducer.message(held, { type: "trace", id: "s1", cursor: "e:1", at: 1, items });

test("a trace grows in place: no line is copied for each one that follows", () => {
  let state = add(traceReducer.empty, line(0));
  const { items } = state;
  const states = new Set([state]);
  for (let seq = 1; seq < 5_000; seq += 1) states.add((state = add(state, line(seq))));
  expect(states.size).toBe(5_000);
  expect(state.items === items).toBe(true);
  expect(state.items.map((item) => item.seq)).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
});

test("a reset begins with nothing of what was held", () => {
  add(traceReducer.empty, line(1));
  expect(traceReducer.empty.items).toEqual([]);
  expect(traceReducer.snapshot(traceReducer.empty, { items: [line(7)] }).items.map((item) => item.seq)).toEqual([7]);
});

test("what came before stays, what comes late has its place", () => {
  const state = add(add(traceReducer.empty, line(1), line(2), line(5)), line(2));
  expect(add(state, line(1), line(5))).toBe(state);
  expect(add(state, line(3), line(2), line(6)).items.map((item) => item.seq)).toEqual([1, 2, 3, 5, 6]);
});
