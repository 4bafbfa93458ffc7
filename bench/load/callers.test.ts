import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runLoad, type Load } from "./callers";
import { listenLocally } from "./listen";
import { answeredId, unique } from "./request";

const seen: { url: string; key: string; body: string; socket: IncomingMessage["socket"] }[] = [];
const server = createServer((request, response) => {
  void text(request).then((body) => {
    seen.push({ url: request.url ?? "", key: String(request.headers["x-key"]), body, socket: request.socket });
    if (request.url === "/no") return response.writeHead(404).end("none here");
    response.write('{"id":"a1",');
    return response.end(`"result":{"output":"{\\"startedAt\\":${Number(process.hrtime.bigint()) / 1e6}}"}}`);
  });
});
let load: Load;
beforeAll(async () => {
  const origin = { host: "127.0.0.1", port: await listenLocally(server) };
  load = { origin, steps: [{ request: request("/one"), expect: '"id":"' }], callers: 1, ms: 30_000, most: 10 };
});
afterAll(() => server.close());

const request = (path: string) => `POST ${path} HTTP/1.1\r\nhost: a\r\nx-key: ${unique.uuid}\r\ncontent-length: 2\r\n\r\n{}`;

test("callers send as many calls as asked for, each on its own connection and with its own values", async () => {
  seen.length = 0;
  const { calls, latencies, starts } = await runLoad({ ...load, callers: 4, most: 200 });
  expect([calls, latencies.length, starts.length]).toEqual([200, 200, 0]);
  expect(new Set(seen.map(({ key }) => key)).size).toBe(200);
  expect(new Set(seen.map(({ socket }) => socket)).size).toBe(4);
});

test("a call of several steps carries the id of the first answer into the next request", async () => {
  seen.length = 0;
  const steps = [...load.steps, { request: request(`/of/${answeredId}/items`), expect: '"id":"' }];
  await runLoad({ ...load, steps, most: 2 });
  expect(seen.map(({ url }) => url)).toEqual(["/one", "/of/a1/items", "/one", "/of/a1/items"]);
});

test("with a pause the start is read from the answers", async () => {
  const { starts, latencies } = await runLoad({ ...load, pauseMs: 1, most: 3 });
  expect(starts).toHaveLength(3);
  for (const [i, start] of starts.entries()) {
    expect(start).toBeGreaterThan(0);
    expect(start).toBeLessThan(latencies[i] ?? 0);
  }
});

test("an answer that is not what was asked for ends the load with what was answered", async () => {
  await expect(runLoad({ ...load, steps: [{ request: request("/no"), expect: '"id":"' }] })).rejects.toThrow("none here");
  await expect(runLoad({ ...load, steps: [{ request: request("/one"), expect: "never" }] })).rejects.toThrow("expected 2xx with never");
});
