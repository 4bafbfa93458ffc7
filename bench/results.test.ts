import { expect, test } from "vitest";
import { parseOptions } from "./options";
import { meanOf, Results } from "./results";

const head = { name: "a line", unit: "/s", better: "higher" } as const;

test("subjects of a step take turns there and back, and each one's figure is the mean of its turns", async () => {
  const results = new Results(parseOptions(["idle"]));
  const turns: string[] = [];
  const work = (subject: string) => ({
    subject,
    measure: async () => {
      turns.push(subject);
      return new Map([["a line", { value: turns.length }]]);
    },
  });
  await results.step("idle", { lines: [head], limitMs: 1_000 }, [work("one"), work("two")]);
  await results.step("drain", { lines: [head], limitMs: 1_000 }, [work("not chosen")]);
  expect(turns).toEqual(["one", "two", "two", "one"]);
  expect(results.collected().lines[0]?.figures).toEqual(new Map(["one", "two"].map((name) => [name, { value: 2.5, note: "mean of 2" }])));
});

test("a turn that fails is told, and the others count", async () => {
  const results = new Results(parseOptions(["idle"]));
  const failing = { subject: "one", measure: () => Promise.reject(new Error("no port")) };
  const works = [failing, { subject: "two", measure: async () => new Map([["a line", { value: 1, note: "9 calls" }]]) }];
  await results.step("idle", { lines: [head], limitMs: 1_000 }, works);
  const { lines, problems } = results.collected();
  expect(problems).toEqual(["one · idle: no port", "one · idle: no port"]);
  expect(lines[0]?.figures.get("two")?.value).toBe(1);
});

test("a line that only one turn has keeps its figure and note", () => {
  expect(meanOf([new Map([["a", { value: 1, note: "n" }]]), new Map()])).toEqual(new Map([["a", { value: 1, note: "n" }]]));
  expect(meanOf([])).toEqual(new Map());
});
