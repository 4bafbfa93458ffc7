import { expect, test } from "vitest";
import { concurrencyLimit, task } from "@trigger.dev/sdk";
import { findTask } from "@trigger.dev/sdk/internal";

const run = async () => {};
let n = 0;
const of = (concurrency: Parameters<typeof task>[0]["concurrency"]) => {
  const { id } = task({ id: `task-${++n}`, concurrency, run });
  return findTask(id)?.concurrency;
};

test("a task holds a limit of its own and up to two named ones", () => {
  const shared = concurrencyLimit({ name: "shared", total: 25 });
  expect([
    of(undefined),
    of({ total: 1 }),
    of(shared),
    of("shared"),
    of([{ perKey: 1, total: 10 }, shared, "other"]),
    of([shared, "shared"]),
  ]).toEqual([
    undefined,
    { inline: { total: 1 } },
    { limits: ["shared"] },
    { limits: ["shared"] },
    { inline: { perKey: 1, total: 10 }, limits: ["shared", "other"] },
    { limits: ["shared"] },
  ]);
});

test.each<[given: unknown, words: RegExp]>([
  [[{ total: 1 }, { total: 2 }], /2 limits without a name/],
  [["a", "b", "c"], /3 named limits/],
  [{}, /needs perKey, total or both/],
  [{ total: -1 }, /total is a whole number/],
  [{ perKey: 1.5 }, /perKey is a whole number/],
  [{ total: "5" }, /total is a whole number/],
  ["with space", /letters, digits/],
  ["", /letters, digits/],
  [5, /takes \{ perKey, total \}/],
  [[null], /takes \{ perKey, total \}/],
  [{ name: "x".repeat(123), total: 1 }, /letters, digits/],
  [{ name: "fine" }, /needs perKey, total or both/],
])("a concurrency of %j is refused where it is written", (given, words) => {
  expect(() => of(given as never)).toThrow(words);
});
