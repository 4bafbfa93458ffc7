import { expect, test } from "vitest";
import { bareHandlerLine, bars, judge, storedBars } from "./bars";
import { names } from "./names";
import { productLines } from "./product/lines";
import { queueRows } from "./rows/queue-rows";
import type { Line } from "./rows/row";

const line = (name: string, figures: [string, number][]): Line => ({
  name,
  unit: "/s",
  better: "higher",
  figures: new Map(figures.map(([subject, value]) => [subject, { value }])),
});

test("every bar is about lines and subjects that exist, and points where better is", () => {
  const lines = new Map([...queueRows.flatMap((row) => row.lines), ...productLines].map((each) => [each.name, each]));
  for (const { line: own, is, of } of bars) {
    expect(lines.get(own)?.better, own).toBe(is === "at least" ? "higher" : "lower");
    expect([...lines.keys()]).toContain(of?.line ?? own);
    expect(Object.values<string>(names)).toContain(of?.subject ?? names.product);
  }
});

test("a figure is judged by itself, by another subject's, or by another line's", () => {
  const lines = [
    line("a", [
      [names.product, 50],
      [names.base, 20],
    ]),
    line("b", [[names.product, 100]]),
  ];
  expect(judge({ line: "a", is: "at least", factor: 60 }, lines)).toEqual({ bar: "a ≥ 60.0 /s", measured: 50, met: false });
  expect(judge({ line: "a", is: "at least", factor: 2.5, of: { subject: names.base } }, lines)?.met).toBe(true);
  const missed = { bar: "a ≤ 0.40 × b", measured: 0.5, met: false };
  expect(judge({ line: "a", is: "at most", factor: 0.4, of: { line: "b" } }, lines)).toEqual(missed);
});

test("without the other figure a bar is neither met nor missed, without its own there is none", () => {
  const lines = [line(bareHandlerLine, [[names.base, 1]]), line("a", [[names.product, 1]])];
  const verdict = judge({ line: "a", is: "at least", factor: 1, of: { subject: names.pgBoss } }, lines);
  expect(verdict).toMatchObject({ measured: undefined, met: undefined });
  expect(judge({ line: bareHandlerLine, is: "at least", factor: 1 }, lines)).toBeUndefined();
});

test("with many runs stored every line has a bar, by the same line without them", () => {
  const lines = [
    line("a", [
      [names.product, 100],
      [names.stored, 89],
    ]),
    line("b", [[names.product, 1]]),
  ];
  const [bar, ...others] = storedBars(lines);
  expect(others).toEqual([]);
  expect(bar && judge(bar, lines)).toMatchObject({ bar: "a (signalbox, stored) ≥ 0.90 × signalbox", measured: 0.89, met: false });
});
