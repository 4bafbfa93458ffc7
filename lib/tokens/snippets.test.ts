import { transformSync } from "esbuild";
import fc from "fast-check";
import { expect, test } from "vitest";
import { curlSnippet, reactSnippet, sdkSnippet, shownPath, subscriptionPath } from "./snippets";

const base = { origin: "http://127.0.0.1:3030", token: "ey.J.x", expirationTime: "1h", oneTimeUse: "many" } as const;

test.each([
  [["read:runs:run_1"], "useRealtimeRun"],
  [["read:tags:vip"], "useRealtimeRunsWithTag"],
  [["read:batch:batch_1"], "useRealtimeBatch"],
  [["trigger:tasks:hello", "read:runs"], "useRealtimeTaskTrigger"],
  [["write:waitpoints:waitpoint_1"], "useWaitToken"],
])("%j fits %s, with its id and this server's address", (scopes, hook) => {
  const { title, code } = reactSnippet({ ...base, scopes });
  expect(title).toBe(hook);
  expect(code).toContain(base.origin);
  expect(code).toContain(base.token);
});

test("every snippet of any ids and scopes is code that parses", () => {
  const part = fc.constantFrom("read", "write", "trigger", "batchTrigger", "admin", "*");
  const type = fc.constantFrom("runs", "tags", "tasks", "batch", "waitpoints", "all");
  const scope = fc.oneof(
    fc.tuple(part, type, fc.string()).map((p) => p.join(":")),
    fc.tuple(part, type).map((p) => p.join(":")),
    fc.constant("admin"),
  );
  fc.assert(
    fc.property(
      fc.array(scope, { minLength: 1, maxLength: 5 }),
      fc.constantFrom("once" as const, "many" as const),
      (scopes, oneTimeUse) => {
        const input = { ...base, scopes, oneTimeUse };
        expect(() => transformSync(reactSnippet(input).code, { loader: "tsx" })).not.toThrow();
        expect(() =>
          transformSync(sdkSnippet(input).code, { loader: "ts", format: "esm", supported: { "top-level-await": true } }),
        ).not.toThrow();
      },
    ),
    { numRuns: 200 },
  );
});

test("a quote in an id does not leave the shell's quotes", () => {
  const { code } = curlSnippet({ ...base, scopes: ["trigger:tasks:it's; rm -rf /"] });
  expect(code).toContain("it'\\''s%3B%20rm%20-rf%20%2F");
});

test("only single tasks are minted by the trigger form of the SDK", () => {
  expect(sdkSnippet({ ...base, scopes: ["trigger:tasks:a", "trigger:tasks:b"] }).code).toContain(
    'createTriggerPublicToken(["a", "b"], { expirationTime: "1h", multipleUse: true }',
  );
  expect(sdkSnippet({ ...base, scopes: ["trigger:tasks"] }).code).toContain("trigger: { tasks: true }");
  expect(sdkSnippet({ ...base, scopes: ["read:runs:r1", "read:runs:r2", "admin"] }).code).toContain('read: { runs: ["r1","r2"] }');
});

test("the subscription follows what the token may read", () => {
  expect(subscriptionPath(["read:batch:b", "read:runs:r"])).toBe("/realtime/v1/batches/b?log=full&offset=-1");
  expect(subscriptionPath(["read:runs:r"])).toBe("/realtime/v1/runs/r?log=full&offset=-1");
  expect(subscriptionPath(["read:tags:a b"])).toBe("/realtime/v1/runs?log=full&offset=-1&tags=a%20b");
});

test.each([
  [["read:tags:user_1"], "/realtime/v1/runs?tags=user_1"],
  [["read:runs:r"], "/realtime/v1/runs/r"],
  [["read:runs"], "/realtime/v1/runs"],
])("the address that is shown for %j is one that can be asked for", (scopes, shown) => {
  expect(shownPath(subscriptionPath(scopes))).toBe(shown);
});
