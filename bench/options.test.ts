import { expect, test } from "vitest";
import { parseOptions, rowIds } from "./options";

test("no words mean everything, words choose", () => {
  const all = parseOptions([]);
  expect([...all.rows]).toEqual([...rowIds]);
  expect([...all.subjects]).toEqual(["product", "peers"]);
  const some = parseOptions(["idle", "drain", "--quick", "--stored=1000"]);
  expect([...some.rows]).toEqual(["idle", "drain"]);
  expect([...some.subjects]).toEqual(["product"]);
  expect([some.scale(100), some.scale(3), some.stored, some.strict]).toEqual([10, 1, 1_000, false]);
  expect(parseOptions(["--base=../older"]).base).toBe("../older");
  expect([...parseOptions(["idle", "peers"]).subjects]).toEqual(["product", "peers"]);
  expect([...parseOptions(["idle", "--only-peers"]).subjects]).toEqual(["peers"]);
});

test("a wrong word is refused with the list of right ones", () => {
  expect(() => parseOptions(["idel"])).toThrow(/There is no row idel[^]*throughput/);
  expect(() => parseOptions(["--stored=many"])).toThrow(/--stored=many is no number[^]*npm run bench/);
  expect(() => parseOptions(["--base="])).toThrow("--base needs the folder");
  expect(() => parseOptions(["--fast"])).toThrow("--fast");
});
