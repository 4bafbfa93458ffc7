import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import * as ours from "@trigger.dev/sdk";
import { auth, batch, configure, runs, streams, tasks, wait } from "upstream-sdk";
import { openFaultyNetwork, type Fault, type FaultyNetwork } from "@/test/faulty-network";
import { cancelRun } from "../../engine/running/cancel-run";
import { addTags } from "../../engine/telling/add-tags";
import { appendChunks } from "../../engine/telling/stream";
import { openHarness, type Harness } from "./harness";

/** The published client over a network that loses requests and answers: it tries again, and what it asked for is done once. */
let api: Harness;
let server: Server;
let network: FaultyNetwork;

beforeAll(async () => {
  api = await openHarness();
  const framework = getRequestListener(api.api.app.fetch);
  server = createServer((request, response) => void (api.api.hotTrigger.handle(request, response) || framework(request, response)));
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  api.origin = `http://127.0.0.1:${address.port}`;
  network = await openFaultyNetwork(api.origin);
  ours.configure({ baseURL: network.origin, accessToken: api.secretKey });
  configure({
    baseURL: network.origin,
    accessToken: api.secretKey,
    requestOptions: { retry: { maxAttempts: 8, minTimeoutInMs: 10, maxTimeoutInMs: 50, factor: 1.5, randomize: false } },
  });
});
beforeEach(() => {
  network.decide = () => null;
});
afterAll(async () => {
  await network.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await api.close();
});

/** Each call is dropped at first, then its answer is lost, then it is late. */
const course: readonly Fault[] = [{ kind: "drop" }, { kind: "lose" }, { kind: "delay", ms: 100 }];
const breakAll = () => {
  let n = 0;
  network.decide = ({ method }) => (method === "GET" ? null : (course[n++ % course.length] ?? null));
};
const count = async (sql: string) => (await api.db.query<{ n: number }>(`select count(*)::int as n from ${sql}`))[0]?.n;

test("what makes something makes it once: runs, batches, replays, wait tokens and public tokens", async () => {
  const before = { runs: await count("run"), tokens: await count("public_token"), waits: await count("waitpoint") };
  breakAll();
  const { id } = await tasks.trigger("hello", { n: 1 }, { tags: "once" });
  const made = await batch.trigger([
    { id: "hello", payload: 1 },
    { id: "group/other", payload: 2 },
    { id: "hello", payload: 3 },
  ]);
  const replayed = await runs.replay(id);
  const token = await wait.createToken({ timeout: "1h" });
  network.decide = () => null;
  expect((await runs.retrieve(id)).tags).toEqual(["once"]);
  expect((await batch.retrieve(made.batchId)).runs).toHaveLength(3);
  expect(replayed.id).not.toBe(id);
  expect((await wait.retrieveToken(token.id)).status).toBe("WAITING");
  const { key } = (await api.call("POST", "/api/dashboard/keys", { as: { cookie: await api.signUp() }, body: { name: "app" } })).body;
  breakAll();
  const minted = await auth.withAuth({ baseURL: network.origin, accessToken: key }, () =>
    auth.createPublicToken({ scopes: { read: { runs: id } } }),
  );
  network.decide = () => null;
  expect((await auth.withAuth({ baseURL: network.origin, accessToken: minted }, () => runs.retrieve(id))).id).toBe(id);
  // One run, three of the batch, and the replay.
  expect({ runs: await count("run"), tokens: await count("public_token"), waits: await count("waitpoint") }).toEqual({
    runs: (before.runs ?? 0) + 5,
    tokens: (before.tokens ?? 0) + 1,
    waits: (before.waits ?? 0) + 1,
  });
  expect(network.faults.drop).toBeGreaterThan(3);
  expect(network.faults.lose).toBeGreaterThan(3);
});

const clients: [name: string, client: Pick<typeof runs, "subscribeToRun">, faults: readonly (Fault | null)[]][] = [
  // It takes a body that was cut for an answer.
  ["the published client", runs, [{ kind: "drop" }, null, { kind: "lose" }, null, { kind: "delay", ms: 50 }]],
  // The same call; the types differ in names alone.
  [
    "our own",
    ours.runs as unknown as typeof runs,
    [{ kind: "drop" }, null, { kind: "cut", bytes: 20 }, { kind: "lose" }, null, { kind: "delay", ms: 50 }],
  ],
];
test.each(clients)(
  "a subscription of %s sees the run to its end, however often its polls are dropped, lost and late",
  async (_, client, course) => {
    const id = await api.trigger();
    network.decide = ({ path, before }) => (path.startsWith("/realtime/") ? (course[before % course.length] ?? null) : null);
    const seen: string[] = [];
    for await (const run of client.subscribeToRun(id)) {
      seen.push(`${run.status} ${run.tags.join()}`);
      if (run.tags.length === 0) await addTags(api.engine, id, ["a"]);
      else if (run.tags.length === 1) await addTags(api.engine, id, ["b"]);
      else if (!run.isCancelled) await cancelRun(api.engine, id, { by: "test" });
    }
    expect([...new Set(seen)]).toEqual(["QUEUED ", "QUEUED a", "QUEUED a,b", "CANCELED a,b"]);
  },
);

test("a stream that is cut goes on with the next chunk: each once, in order", async () => {
  const id = await api.trigger();
  const write = (first: number, numbers: number[]) =>
    appendChunks(api.engine, { runId: id, key: "numbers", writer: "w", first, chunks: numbers.map(String) });
  await write(0, [0, 1, 2, 3, 4, 5, 6, 7]);
  network.decide = ({ path, before }) => (path.includes("/streams/") && before < 4 ? { kind: "cut", bytes: 150 + 60 * before } : null);
  const seen: unknown[] = [];
  for await (const chunk of await streams.read<number>(id, "numbers", { timeoutInSeconds: 30 })) {
    if (seen.push(chunk) === 8) {
      await write(8, [8, 9]);
      await cancelRun(api.engine, id, { by: "test" });
    }
  }
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(network.faults.cut).toBeGreaterThanOrEqual(4);
});
