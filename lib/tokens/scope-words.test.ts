import { expect, test } from "vitest";
import { canDo, cannotDo, resourceOf, scopeThings, toScope, verbsOf, warnings } from "./scope-words";

test("every scope that the workbench offers has words, with and without an id", () => {
  for (const thing of scopeThings) {
    for (const verb of verbsOf[thing]) {
      expect(canDo(toScope(verb, thing)), `${verb} ${resourceOf[thing]}`).not.toBeNull();
      expect(canDo(toScope(verb, thing, "some:id"))).toContain("some:id");
    }
  }
});

test("a scope that no route reads has no words", () => {
  expect(canDo("write:tags:x")).toBeNull();
  expect(canDo("Read:runs")).toBeNull();
  expect(canDo("")).toBeNull();
});

test("one run: no other run, no trigger, no cancel, no answer", () => {
  const refused = cannotDo(["read:runs:run_1"]);
  expect(refused.slice(0, 4)).toEqual(["See any other run", "Trigger any task", "Cancel any run", "Answer any wait token"]);
  expect(refused.at(-1)).toContain("secret key");
});

test("what a wide scope allows is not listed as refused", () => {
  expect(cannotDo(["read:runs"])).not.toContain("See any other run");
  expect(cannotDo(["write:tasks:a"])).toContain("Trigger any other task");
  expect(cannotDo(["write:tasks"])).not.toContain("Trigger any task");
  expect(cannotDo(["admin"])).toHaveLength(1);
  expect(cannotDo(["read:tags:vip"])).toContain("See any other run");
});

test("wide and total scopes are warned of, single things are not", () => {
  expect(warnings(["read:runs:run_1", "trigger:tasks:a", "read:tags"])).toEqual([]);
  expect(warnings(["trigger:tasks"])).toHaveLength(1);
  expect(warnings(["admin"])).toHaveLength(1);
});
