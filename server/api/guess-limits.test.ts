import { expect, test } from "vitest";
import { createGuessLimits, networkOf } from "./guess-limits";

const owner = "ada@example.com";
const flood = (limits: ReturnType<typeof createGuessLimits>, from: { email?: string; address: string; mark?: string }, times = 200) =>
  Array.from({ length: times }, () => limits.take({ email: owner, mark: undefined, ...from })).filter((attempt) => attempt !== null).length;

test("from one address an account is guessed at ten times a minute, all accounts together thirty times", () => {
  const limits = createGuessLimits("secret");
  expect(flood(limits, { address: "203.0.113.9" })).toBe(10);
  expect([1, 2, 3].map((n) => flood(limits, { email: `other${n}@example.com`, address: "203.0.113.9" }))).toEqual([10, 10, 0]);
});

test("who guesses from one place shuts the owner out of no other", () => {
  const limits = createGuessLimits("secret");
  for (const address of ["203.0.113.9", "203.0.113.10", "2001:db8::1"]) flood(limits, { address });
  expect(limits.take({ email: owner, address: "198.51.100.1", mark: undefined })).not.toBeNull();
});

test("who guesses from everywhere, the owner's own address too, does not shut out the owner's browser", () => {
  const limits = createGuessLimits("secret");
  const mark = limits.browserMark(owner);
  const evaluated = Array.from({ length: 50 }, (_, n) => flood(limits, { address: `203.0.113.${n}` })).reduce((sum, n) => sum + n, 0);
  expect(evaluated).toBe(60);
  flood(limits, { address: "198.51.100.1" });
  expect(limits.take({ email: owner, address: "198.51.100.1", mark: undefined })).toBeNull();
  expect(flood(limits, { address: "198.51.100.1", mark })).toBe(10);
});

test("the mark of one account, a forged one or none is worth nothing for another", () => {
  const limits = createGuessLimits("secret");
  const mark = limits.browserMark("eve@example.com");
  const [nonce, seal = ""] = limits.browserMark(owner).split(".");
  for (const forged of [
    mark,
    undefined,
    "",
    ".",
    "x.y",
    `${nonce}.`,
    `${nonce}x.${seal}`,
    `${nonce}.${seal.slice(0, -2)}`,
    createGuessLimits("other").browserMark(owner),
  ])
    expect(limits.isMarked(owner, forged), forged).toBe(false);
  expect(limits.isMarked(owner, limits.browserMark(owner))).toBe(true);
});

test.each([
  ["203.0.113.9", "203.0.113.9"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2:ffff::1", "2001:db8:1:2"],
  ["2001:DB8::1", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["unknown", "unknown"],
])("%s is of the network %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
