import { expect, test } from "vitest";
import { PublicTokenClaims } from "../contracts/scope";
import { canFollow, expiryError, expiryPresets, previewClaims, scopeError, triggerTarget } from "./public-token-form";

test("every preset is a life that the server takes; nonsense and more than 30 days are not", () => {
  expect(expiryPresets.map(expiryError)).toEqual(expiryPresets.map(() => undefined));
  expect(["soon", "0s", "31d", ""].map((text) => expiryError(text) === undefined)).toEqual([false, false, false, false]);
});

test("a typed scope that allows nothing is refused", () => {
  expect(scopeError("read:runs:run_1")).toBeUndefined();
  expect(scopeError("admin")).toBeUndefined();
  expect(["", "read:", "read:runs:", "eat:runs", "write:tags:x"].map((text) => scopeError(text) === undefined)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

test("the preview has the claims of a public token", () => {
  const claims = PublicTokenClaims.parse(
    previewClaims({ sub: "env_1", scopes: ["read:runs:r"], oneTime: true, expiry: "1h", now: 1_000_000 }),
  );
  expect(claims).toEqual({ sub: "env_1", pub: true, scopes: ["read:runs:r"], otu: true, iat: 1000, exp: 4600 });
});

test("what can be tried follows from the scopes", () => {
  expect(triggerTarget(["read:runs:r", "trigger:tasks:hello"])).toBe("hello");
  expect(triggerTarget(["trigger:tasks"])).toBeUndefined();
  expect([["read:runs:r"], ["read:tags:a"], ["read:batch:b"], ["admin"]].map(canFollow)).toEqual([true, true, true, true]);
  expect([["read:tags"], ["trigger:tasks:a"], ["read:tasks:a"]].map(canFollow)).toEqual([false, false, false]);
});
