import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listedStatuses } from "@/lib/contracts/run-status";
import {
  addValue,
  emptyView,
  removeValue,
  setSingle,
  toRunFilter,
  viewFromParams,
  viewToParams,
  windowMs,
  type RunsView,
} from "./run-filter";
import { formatFilterText, parseFilterText } from "./run-filter-text";

const word = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter((text) => text.trim() !== "");
const date = fc.date({ min: new Date("2020-01-01"), max: new Date("2035-01-01"), noInvalidDate: true }).map((d) => d.toISOString());
const list = fc.uniqueArray(word, { maxLength: 3 });
const optional = <T>(arb: fc.Arbitrary<T>, key: string) =>
  fc.option(arb, { nil: undefined }).map((value) => (value === undefined ? {} : { [key]: value }));
const time = fc.oneof(
  fc.constant({}),
  fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.constantFrom("m", "h", "d")).map(([n, unit]) => ({ last: `${n}${unit}` })),
  fc.tuple(optional(date, "from"), optional(date, "to")).map(([from, to]) => Object.assign({}, from, to)),
);
const count = fc.nat(99_999).map(String);
const duration = fc.tuple(fc.nat(999), fc.constantFrom("ms", "s", "m", "h")).map(([n, unit]) => `${n}${unit}`);
const window = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.constantFrom("m", "h", "d")).map(([n, unit]) => `${n}${unit}`),
  fc.tuple(date, date).map((ends) => ends.join("..")),
  date.map((end) => `..${end}`),
);
const statuses = fc.uniqueArray(fc.constantFrom(...listedStatuses), { maxLength: 4 });
const flag = fc.constantFrom("true", "false");
const singles = fc.tuple(
  ...["id", "batch", "parent", "root", "error", "bulk", "text"].map((key) => optional(word, key)),
  optional(fc.constant("true"), "rootOnly"),
  optional(flag, "test"),
  optional(duration, "longerThan"),
  optional(duration, "shorterThan"),
  optional(count, "attemptsOver"),
  optional(count, "attemptsUnder"),
  optional(window, "started"),
  optional(window, "finished"),
  time,
);
const views: fc.Arbitrary<RunsView> = fc
  .tuple(
    fc.record({
      status: statuses,
      notStatus: statuses,
      task: list,
      tag: list,
      anyTag: list,
      queue: list,
      version: list,
      machine: list,
      schedule: list,
      notTask: list,
      notTag: list,
      notQueue: list,
      notVersion: list,
    }),
    singles,
  )
  .map(([lists, parts]) => Object.assign({}, lists, ...parts));

describe("runs view", () => {
  it("comes back from the URL as it went", () => {
    fc.assert(
      fc.property(views, (view) => {
        expect(viewFromParams(new URLSearchParams(viewToParams(view).toString()))).toEqual(view);
      }),
    );
  });

  it("comes back from text as it went", () => {
    fc.assert(
      fc.property(views, (view) => {
        const { view: read, problems } = parseFilterText(formatFilterText(view));
        expect(problems).toEqual([]);
        expect(read).toEqual(view);
      }),
    );
  });

  it("means by each word what it says", () => {
    const filterOf = (text: string) => toRunFilter(parseFilterText(text).view, Date.parse("2026-11-24T10:30:42.123Z"));
    expect(filterOf("-tag:y,z -status:failed duration>10s duration<=1h attempts>=2 test:true anytag:a,b")).toEqual({
      notTag: ["y", "z"],
      notStatus: ["FAILED"],
      longerThan: 10_000,
      shorterThan: 3_600_000,
      attemptsOver: 1,
      isTest: true,
      anyTag: ["a", "b"],
    });
    expect(filterOf('"order 7" attempts:2 finished:1h')).toEqual({
      text: "order 7",
      attemptsOver: 1,
      attemptsUnder: 3,
      finishedFrom: "2026-11-24T09:30:00.000Z",
    });
    expect(filterOf("created:2026-01-01T00:00:00Z..2026-01-02T00:00:00Z started:..2026-01-03T00:00:00Z")).toEqual({
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-02T00:00:00Z",
      startedTo: "2026-01-03T00:00:00Z",
    });
    expect(filterOf("created:1h id:*9x1")).toEqual({ from: "2026-11-24T09:30:00.000Z", id: "*9x1" });
  });

  it("says what an operator's value must be", () => {
    const { view, problems } = parseFilterText("duration>long attempts>many test:maybe started:now colour>3 -color:x");
    expect(view).toEqual(emptyView);
    expect(problems.map((problem) => problem.word)).toEqual([
      "duration>long",
      "attempts>many",
      "test:maybe",
      "started:now",
      "colour>3",
      "-color:x",
    ]);
  });

  it("reads any text without throwing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(parseFilterText(text).problems.every((problem) => problem.message !== "")).toBe(true);
      }),
    );
  });

  it("drops what it does not know from a URL", () => {
    expect(viewFromParams(new URLSearchParams("status=FAILED&status=NOPE&last=soon&from=yesterday&x=1"))).toEqual({
      ...emptyView,
      status: ["FAILED"],
    });
  });

  it("says what is wrong with a word", () => {
    const { view, problems } = parseFilterText('failed run_abc task:"import orders",b status:nope colour:red last:1y emails tag:');
    expect(view).toEqual({ ...emptyView, status: ["FAILED"], id: "run_abc", task: ["import orders", "b"] });
    expect(problems.map((problem) => problem.word)).toEqual(["status:nope", "colour:red", "last:1y", "emails", "tag:"]);
    expect(problems.every((problem) => problem.message.length > 0)).toBe(true);
  });

  it("adds once and removes", () => {
    const once = addValue(emptyView, "tag", "a");
    expect(addValue(once, "tag", "a")).toBe(once);
    expect(removeValue(once, "tag", "a")).toEqual(emptyView);
  });

  it("keeps a relative and a fixed window apart", () => {
    const relative = setSingle(emptyView, "last", "1h");
    const fixed = setSingle(relative, "from", "2026-01-01T00:00:00.000Z");
    expect(fixed.last).toBeUndefined();
    expect(setSingle(fixed, "last", "5m")).toEqual({ ...emptyView, last: "5m" });
  });

  it("starts a relative window at a whole minute", () => {
    const now = Date.parse("2026-11-24T10:30:42.123Z");
    expect(toRunFilter(setSingle(emptyView, "last", "1h"), now)).toEqual({ from: "2026-11-24T09:30:00.000Z" });
    expect(windowMs("90d")).toBe(90 * 86_400_000);
  });
});
