import { afterAll, beforeAll, expect, test } from "vitest";
import { signRunToken } from "../jwt";
import { openHarness, type Harness } from "./harness";

let api: Harness;
beforeAll(async () => {
  api = await openHarness();
});
afterAll(() => api.close());

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Texts that lenient decoders read as the same token: spare bits of the last character, padding, the other alphabet, blanks. */
function spellings(token: string): string[] {
  const [head = "", body = "", mac = ""] = token.split(".");
  const last = alphabet.indexOf(mac.at(-1) ?? "");
  const spare = [1, 2, 3].map((bits) => `${head}.${body}.${mac.slice(0, -1)}${alphabet[(last & ~3) | bits]}`);
  const other = mac.replaceAll("-", "+").replaceAll("_", "/");
  return [
    ...spare,
    `${token}=`,
    `${token}==`,
    `${head}.${body}=.${mac}`,
    `${head}=.${body}.${mac}`,
    `${head}.${body}.=${mac}`,
    `${head}.${body}.${mac.slice(0, 20)}=${mac.slice(20)}`,
    `${head}.${body}.${mac.slice(0, 20)}!${mac.slice(20)}`,
    `${head}.${body}.${mac.slice(0, 20)}%0A${mac.slice(20)}`,
    ...(other === mac ? [] : [`${head}.${body}.${other}`]),
  ];
}

/** One whose signature has characters that differ between the alphabets. */
function mint(scopes: string[], oneTime = false): string {
  for (let n = 0; ; n += 1) {
    const token = api.issuer.publicToken({ id: `token_${n}`, scopes, expiresAt: Date.now() + 600_000, oneTime });
    if (/[-_]/.test(token.slice(token.lastIndexOf(".")))) return token;
  }
}

test("a one-time token in other spellings makes no second run, and none before it", async () => {
  const count = async () => (await api.db.query("select id from run")).length;
  const once = mint(["trigger:tasks:hello", "batchTrigger:tasks:hello"], true);
  const use = (as: string) => api.call("POST", "/api/v1/tasks/hello/trigger", { as, body: {} });
  for (const as of spellings(once)) expect([as.slice(-8), (await use(as)).status]).toEqual([as.slice(-8), 401]);
  expect(await count()).toBe(0);
  expect((await use(once)).status).toBe(200);
  for (const as of [once, ...spellings(once)]) expect([401, 422]).toContain((await use(as)).status);
  for (const as of spellings(once))
    expect((await api.call("POST", "/api/v3/batches", { as, body: { runCount: 1, taskIdentifiers: ["hello"] } })).status).toBe(401);
  expect(await count()).toBe(1);
});

test("a revoked token stays revoked however it is spelled", async () => {
  const as = { cookie: await api.signUp() };
  const run = await api.trigger();
  for (let n = 0; n < 3; n += 1) {
    const { token, row } = (
      await api.call("POST", "/api/dashboard/public-tokens", { as, body: { scopes: [`read:runs:${run}`], expirationTime: "10m" } })
    ).body;
    expect((await api.call("POST", `/api/dashboard/public-tokens/${row.id}/revoke`, { as, body: {} })).status).toBe(200);
    for (const spelled of [token, ...spellings(token)])
      expect((await api.call("GET", `/api/v3/runs/${run}`, { as: spelled })).status).toBe(401);
  }
});

test("a run's token has one spelling too", async () => {
  const token = signRunToken(api.keys.runTokens, {
    sub: api.engine.env.id,
    run: "run_x",
    epoch: 1,
    exp: Math.floor(Date.now() / 1000) + 600,
  });
  for (const as of spellings(token)) expect((await api.call("GET", "/api/v1/runs", { as })).status).toBe(401);
});
