import fc from "fast-check";
import { expect, test } from "vitest";
import { ChurningMap } from "./churning-map";

const key = fc.constantFrom("a", "b", "c", "d", "__proto__");
const step = fc.oneof(
  fc.record({ type: fc.constant("set" as const), key, value: fc.integer() }),
  fc.record({ type: fc.constant("delete" as const), key }),
  fc.record({ type: fc.constant("clear" as const) }),
);

test("it holds what a Map holds, whatever comes and goes", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ours = new ChurningMap<{ value: number }>();
      const model = new Map<string, { value: number }>();
      for (const one of steps) {
        const value = one.type === "set" ? { value: one.value } : undefined;
        const [answer, expected] = [ours, model].map((map) => {
          if (value !== undefined && one.type === "set") return void map.set(one.key, value);
          return one.type === "delete" ? map.delete(one.key) : map.clear();
        });
        expect(answer).toBe(expected);
        expect(ours.size).toBe(model.size);
        for (const name of ["a", "b", "c", "d", "__proto__"]) {
          expect(ours.get(name)).toBe(model.get(name));
          expect(ours.has(name)).toBe(model.has(name));
        }
        expect(new Set(ours.values())).toEqual(new Set(model.values()));
        expect([...ours.values()]).toHaveLength(model.size);
      }
    }),
  );
});

test("entries may leave while they are walked", () => {
  const map = new ChurningMap<{ id: string }>();
  for (const id of ["a", "b", "c"]) map.set(id, { id });
  for (const { id } of map.values()) map.delete(id);
  expect(map.size).toBe(0);
});
