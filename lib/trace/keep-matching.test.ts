import fc from "fast-check";
import { expect, test } from "vitest";
import { keepMatching } from "./keep-matching";

const tree = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => ({ depth: line.search(/\S/), name: line.trim() }));
const shown = (text: string, word: string) =>
  keepMatching(tree(text), ({ name }) => name.includes(word)).map(({ depth, name }) => " ".repeat(depth) + name);

test("what matches stands below its parents, and nothing else", () => {
  const text = "run\n a\n  b\n   hit 1\n  c\n d\n  hit 2\n   e\n f";
  expect(shown(text, "hit")).toEqual(["run", " a", "  b", "   hit 1", " d", "  hit 2"]);
  expect(shown(text, "nothing")).toEqual([]);
  expect(shown(text, "run")).toEqual(["run"]);
});

test("each match is kept, and each row that is kept matches or has a match below it", () => {
  const rows = fc.array(fc.record({ step: fc.integer({ min: -3, max: 1 }), hit: fc.boolean() }), { maxLength: 30 }).map((steps) => {
    let depth = 0;
    return steps.map(({ step, hit }, index) => ({ depth: (depth = index === 0 ? 0 : Math.max(1, depth + step)), hit, index }));
  });
  fc.assert(
    fc.property(rows, (all) => {
      const kept = new Set(keepMatching(all, ({ hit }) => hit).map(({ index }) => index));
      for (const row of all) {
        const end = all.findIndex((other) => other.index > row.index && other.depth <= row.depth);
        const below = all.slice(row.index + 1, end === -1 ? undefined : end);
        expect(kept.has(row.index)).toBe(row.hit || below.some(({ hit }) => hit));
      }
    }),
  );
});
