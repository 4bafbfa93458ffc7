import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auth, queues, runs, tasks } from "upstream-sdk";
import { createRateLimits, RateLimited, type RateLimitSettings } from "../rate-limits";
import { openHarness, type Harness } from "./harness";

const settings: RateLimitSettings = { keys: { requests: 5, perMs: 2_000 }, publicTokens: { requests: 2, perMs: 60_000 }, loopback: true };
let api: Harness;
let server: Server;
beforeAll(async () => {
  api = await openHarness({ rateLimits: settings });
  const framework = getRequestListener(api.api.app.fetch);
  server = createServer((request, response) => void (api.api.hotTrigger.handle(request, response) || framework(request, response))).listen(
    0,
    "127.0.0.1",
  );
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  api.origin = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  await api.close();
});

test("the published client waits until it is let in, on the short way and on the long one", async () => {
  await auth.withAuth({ baseURL: api.origin, accessToken: api.secretKey }, async () => {
    const begun = Date.now();
    for (let n = 0; n < 5; n++) await tasks.trigger("hello", { n });
    const [{ id }] = await Promise.all([tasks.trigger("hello", { n: 6 }), queues.list(), runs.list()]);
    expect((await runs.retrieve(id)).id).toBe(id);
    // Nine requests, five at once and one more each 400 ms.
    expect(Date.now() - begun).toBeGreaterThan(1_500);
  });
});

test("a refusal says the limit, when to come again, and is a problem document; other credentials are let in", async () => {
  const as = api.issuer.publicToken({ scopes: ["read:all"], expiresAt: Date.now() + 60_000 });
  const other = api.issuer.publicToken({ id: "other", scopes: ["read:all"], expiresAt: Date.now() + 60_000 });
  const first = await api.call("GET", "/api/v1/runs", { as });
  expect([first.status, first.headers.get("x-ratelimit-limit"), first.headers.get("x-ratelimit-remaining")]).toEqual([200, "2", "1"]);
  await api.call("GET", "/api/v1/runs", { as });
  const refused = await api.call("GET", "/api/v1/runs", { as });
  expect(refused.status).toBe(429);
  expect(refused.headers.get("content-type")).toContain("application/problem+json");
  expect(refused.body).toMatchObject({
    status: 429,
    limit: 2,
    remaining: 0,
    reset: expect.any(Number),
    error: expect.stringContaining("Too many requests"),
  });
  const reset = Number(refused.headers.get("x-ratelimit-reset"));
  expect(reset).toBe(refused.body.reset);
  expect(reset).toBeGreaterThan(Date.now());
  expect(reset).toBeLessThan(Date.now() + 31_000);
  expect((await api.call("GET", "/api/v1/runs", { as: other })).status).toBe(200);
  // What is held open has caps of its own.
  expect((await api.call("GET", `/realtime/v1/runs?tags=x&offset=-1`, { as })).status).toBe(200);
});

test("never more than the burst and what has come since, whatever the times", () => {
  const principal = { kind: "key", keyId: "k", display: "k", preset: "full", scopes: null } as const;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.array(fc.nat(2_000), { maxLength: 200 }),
      (requests, perMs, waits) => {
        let now = 1_000_000;
        const begun = now;
        const limits = createRateLimits({ keys: { requests, perMs }, publicTokens: { requests: 1, perMs: 1 }, loopback: false }, () => now);
        let let_in = 0;
        for (const wait of waits) {
          now += wait;
          try {
            const state = limits.take(principal, { path: "/api/v1/runs", address: () => "203.0.113.9" });
            let_in += 1;
            expect(state?.remaining).toBeGreaterThanOrEqual(0);
          } catch (error) {
            if (!(error instanceof RateLimited)) throw error;
            // Then one is let in.
            now = Math.max(now, error.state.resetAt);
            limits.take(principal, { path: "/api/v1/runs", address: () => "203.0.113.9" });
            let_in += 1;
          }
        }
        expect(let_in).toBeLessThanOrEqual(requests + ((now - begun) * requests) / perMs + 0.01);
        expect(limits.take(principal, { path: "/api/v1/runs", address: () => "127.0.0.1" })).toBeNull();
        expect(limits.take(principal, { path: "/api/dashboard/me", address: () => "203.0.113.9" })).toBeNull();
      },
    ),
  );
});
