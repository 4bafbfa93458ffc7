import { expect, test } from "vitest";
import { readClaims } from "./jwt";

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("claims are read, letters beyond ASCII included", () => {
  expect(readClaims(`e30.${encode({ sub: "env_1", scopes: ["read:tags:größe"] })}.sig`)).toEqual({
    sub: "env_1",
    scopes: ["read:tags:größe"],
  });
});

test.each(["", "a", "a.b.c", `a.${encode("text")}.c`])("%j has none", (token) => {
  expect(readClaims(token)).toBeNull();
});
