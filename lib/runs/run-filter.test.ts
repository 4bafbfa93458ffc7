import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listedStatuses } from "@/lib/contracts/run-status";
import { addValue, emptyView, removeValue, setSingle, toRunFilter, viewFromParams, viewToParams, windowMs, type RunsView } from "./run-filter";
import { formatFilterText, parseFilterText } from "./run-filter-text";

const word = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter((text) => text.trim() !== "");
const date = fc.date({ min: new Date("2020-01-01"), max: new Date("2035-01-01"), noInvalidDate: true }).map((d) => d.toISOString());
const list = fc.uniqueArray(word, { maxLength: 3 });
const optional = <T>(arb: fc.Arbitrary<T>, key: string) => fc.option(arb, { nil: undefined }).map((value) => (value === undefined ? {} : { [key]: value }));
const time = fc.oneof(
  fc.constant({}),
  fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.constantFrom("m", "h", "d")).map(([n, unit]) => ({ last: `${n}${unit}` })),
  fc.tuple(optional(date, "from"), optional(date, "to")).map(([from, to]) => Object.assign({}, from, to)),
);
const views: fc.Arbitrary<RunsView> = fc
  .tuple(fc.uniqueArray(fc.constantFrom(...listedStatuses), { maxLength: 4 }), list, list, list, optional(word, "id"), optional(word, "batch"), optional(word, "parent"), optional(fc.constant("true" as const), "rootOnly"), time)
  .map(([status, task, tag, queue, id, batch, parent, rootOnly, window]) => Object.assign({ status, task, tag, queue }, id, batch, parent, rootOnly, window));

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

  it("reads any text without throwing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(parseFilterText(text).problems.every((problem) => problem.message !== "")).toBe(true);
      }),
    );
  });

  it("drops what it does not know from a URL", () => {
    expect(viewFromParams(new URLSearchParams("status=FAILED&status=NOPE&last=soon&from=yesterday&x=1"))).toEqual({ ...emptyView, status: ["FAILED"] });
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
