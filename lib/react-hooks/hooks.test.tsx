import { serve } from "@hono/node-server";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { afterAll, beforeAll, expect, expectTypeOf, test } from "vitest";
import { appendChunks } from "@/server/engine/telling/stream";
import { cancelRun } from "@/server/engine/running/cancel-run";
import { openHarness, type Harness } from "@/server/api/test/harness";
import { task } from "@/lib/sdk";
import { createApiClient, type ApiClient } from "./api-client";
import {
  TriggerAuthContext,
  useRealtimeRun,
  useRealtimeRunsWithTag,
  useRealtimeStream,
  useWaitToken,
  type RealtimeRun,
  type TriggerInstance,
} from "./index";

let api: Harness;
let server: ReturnType<typeof serve>;

beforeAll(async () => {
  api = await openHarness();
  await new Promise<void>((resolve) => {
    server = serve({ fetch: api.api.app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
      api.origin = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
});
afterAll(async () => {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await api.close();
});

const client = (accessToken: string, more: Partial<Parameters<typeof createApiClient>[0]> = {}): ApiClient =>
  createApiClient({ baseURL: api.origin, accessToken, ...more });
const token = (scopes: string[], lifetimeMs = 60_000) => api.issuer.publicToken({ scopes, expiresAt: Date.now() + lifetimeMs });

test("trigger with a public token, follow the run with the one that came back", async () => {
  const handle = await client(token(["trigger:tasks:hello"])).triggerTask(
    "hello",
    { at: new Date(0) },
    { tags: ["x"], idempotencyKey: "once" },
  );
  expect(handle).toMatchObject({ id: expect.stringMatching(/^run_/), taskIdentifier: "hello" });
  const seen: string[] = [];
  for await (const run of client(handle.publicAccessToken).followRuns(`/runs/${handle.id}`, new AbortController().signal)) {
    seen.push(run.status);
    expect(run).toMatchObject({ payload: { at: new Date(0) }, tags: ["x"] });
    if (run.finishedAt !== undefined) break;
    await cancelRun(api.engine, handle.id, { by: "test" });
  }
  expect(seen).toEqual(["QUEUED", "CANCELED"]);
  const again = await client(api.secretKey).triggerTask("hello", 1, { idempotencyKey: "once" });
  expect(again).toMatchObject({ id: handle.id, isCached: true });
});

test("a stream goes on after the last id that was seen", async () => {
  const id = await api.trigger();
  await appendChunks(api.engine, { runId: id, key: "out", writer: "w", first: 0, chunks: ["0", "1", "2"] });
  await cancelRun(api.engine, id, { by: "test" });
  const read = async (lastEventId?: string) => {
    const chunks: unknown[] = [];
    for await (const part of client(api.secretKey).readStream({ runId: id, key: "out", lastEventId, signal: new AbortController().signal }))
      chunks.push(part.chunk);
    return chunks;
  };
  expect(await read()).toEqual([0, 1, 2]);
  expect(await read("1")).toEqual([2]);
});

test("a refused token is refreshed once; one that is refused again is the end", async () => {
  const id = await api.trigger();
  await cancelRun(api.engine, id, { by: "test" });
  const follow = async (refreshAccessToken: () => Promise<string>) => {
    for await (const run of client("eyJhbGciOiJIUzI1NiJ9.e30.x", { refreshAccessToken }).followRuns(
      `/runs/${id}`,
      new AbortController().signal,
    ))
      return run.status;
    return undefined;
  };
  let asked = 0;
  const fresh = async () => {
    asked += 1;
    return token([`read:runs:${id}`]);
  };
  expect(await follow(fresh)).toBe("CANCELED");
  expect(asked).toBe(1);
  await expect(follow(async () => token(["read:runs:other"]))).rejects.toMatchObject({ status: 403 });
});

test("a wait token is completed with its own public token", async () => {
  const { body } = await api.call("POST", "/api/v1/waitpoints/tokens", { body: {} });
  const answer = client(api.issuer.tokenAccess(body.id).token);
  expect(await answer.completeWaitpointToken(body.id, { data: { ok: 1 } })).toEqual({ success: true });
});

test("hooks render on the server without asking anybody, and say when the token is missing", () => {
  function Page() {
    const { run } = useRealtimeRun("run_x");
    const { runs } = useRealtimeRunsWithTag("t");
    const { parts } = useRealtimeStream<string>("run_x", "out");
    const { isReady } = useWaitToken("waitpoint_x");
    return createElement("p", null, JSON.stringify([run ?? null, runs, parts, isReady]));
  }
  const page = createElement(
    TriggerAuthContext.Provider,
    { value: { accessToken: "t", baseURL: "http://127.0.0.1:1" } },
    createElement(Page),
  );
  expect(renderToString(page)).toContain("[null,[],[],true]");
  expect(() => renderToString(createElement(Page))).toThrow("Missing accessToken");
  const Idle = () => createElement("p", null, String(useRealtimeRun(undefined).run === undefined));
  expect(renderToString(createElement(Idle))).toContain("true");
});

test("types come from the task", () => {
  const sum = task({ id: "sum", run: async (payload: { a: number }) => ({ total: payload.a }) });
  type Run = RealtimeRun<typeof sum>;
  expectTypeOf<Run["payload"]>().toEqualTypeOf<{ a: number }>();
  expectTypeOf<Run["output"]>().toEqualTypeOf<{ total: number } | undefined>();
  expectTypeOf<Parameters<TriggerInstance<typeof sum>["submit"]>[0]>().toEqualTypeOf<{ a: number }>();
  expectTypeOf<Run["taskIdentifier"]>().toEqualTypeOf<"sum">();
});
