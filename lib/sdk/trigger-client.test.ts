import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCache, InMemoryCache } from "./cache";
import { auth } from "./auth";
import { configure } from "./api";
import { TriggerClient } from "./trigger-client";

const asked: string[] = [];
let server: Server;
let baseURL: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split("?", 1)[0]} ${request.headers.authorization}`);
    response
      .setHeader("content-type", "application/json")
      .end(request.url?.includes("/trigger") === true ? '{"id":"run_1","isCached":false}' : '{"id":"run_1","data":[],"pagination":{}}');
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
});
afterAll(() => server.close());

test("a client speaks with its own key, whatever the process is configured with and whatever surrounds the call", async () => {
  configure({ baseURL: "http://127.0.0.1:1", accessToken: "tr_dev_process" });
  const first = new TriggerClient({ baseURL, accessToken: "tr_dev_first" });
  const second = new TriggerClient({ baseURL, secretKey: "tr_dev_second" });
  await auth.withAuth({ accessToken: "tr_dev_around" }, async () => {
    await Promise.all([first.tasks.trigger("a", {}), second.runs.list({ limit: 1 })]);
  });
  await second.runs.cancel("run_1");
  expect(asked.toSorted()).toEqual([
    "GET /api/v1/runs Bearer tr_dev_second",
    "POST /api/v1/tasks/a/trigger Bearer tr_dev_first",
    "POST /api/v2/runs/run_1/cancel Bearer tr_dev_second",
  ]);
  expect(() => first.prompts.list()).toThrow("prompts.list() is not available yet in Signalbox");
  expect(() => first.envvars.list()).toThrow(
    'envvars.list needs the project and the environment outside of runs: envvars.list("proj_…", "prod", …)',
  );
});

test("a cache asks once for each key, also when what it got is falsy", async () => {
  let asks = 0;
  const cached = createCache<number>(new InMemoryCache());
  const ask = async () => {
    asks++;
    return 0;
  };
  expect([await cached("a", ask), await cached("a", ask), await cached("b", ask)]).toEqual([0, 0, 0]);
  expect(asks).toBe(2);
});
