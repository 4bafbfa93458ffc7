import { expect, test } from "vitest";
import { createAttempts } from "./attempts";

function limiter(most = 1000) {
  const clock = { now: 0 };
  return {
    clock,
    attempts: createAttempts({ most, perWindow: (name) => (name.startsWith("account") ? 2 : 3), windowMs: 1000, now: () => clock.now }),
  };
}

test("a name has so many attempts per window, and new ones after it", () => {
  const { attempts, clock } = limiter();
  expect([1, 2, 3].map(() => attempts.take(["account a"]) !== null)).toEqual([true, true, false]);
  expect(attempts.take(["account b"])).not.toBeNull();
  clock.now = 1001;
  expect(attempts.take(["account a"])).not.toBeNull();
});

test("attempts are taken before they are evaluated, and given back when right", () => {
  const { attempts } = limiter();
  const [first] = [attempts.take(["account a"]), attempts.take(["account a"])];
  expect(attempts.take(["account a"])).toBeNull();
  first?.succeeded();
  expect(attempts.take(["account a"])).not.toBeNull();
});

test("one address is limited over all accounts, and a refusal takes nothing", () => {
  const { attempts } = limiter();
  for (const account of ["a", "b", "c"]) expect(attempts.take([`account ${account}`, "address x"])).not.toBeNull();
  expect(attempts.take(["account d", "address x"])).toBeNull();
  expect([1, 2].map(() => attempts.take(["account d", "address y"]) !== null)).toEqual([true, true]);
});

test("a flood of other names, refused ones and accepted ones, frees none that has guessed", () => {
  const { attempts, clock } = limiter(10);
  for (let n = 0; n < 3; n++) attempts.take(["address x"]);
  expect(attempts.take(["address x"])).toBeNull();
  for (let n = 0; n < 1000; n++) expect(attempts.take([`account ${n}`, "address x"])).toBeNull();
  for (let n = 0; n < 1000; n++) attempts.take([`account ${n}`]);
  expect(attempts.take(["address x"])).toBeNull();
  clock.now = 1001;
  expect(attempts.take(["address x"])).not.toBeNull();
});
