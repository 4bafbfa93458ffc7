import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket as NodeSocket } from "ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLive, type Live } from "@/lib/client/live";
import { closeCodes, protocolVersion } from "@/lib/contracts/protocol";
import { TestExecutor } from "@/test/engine";
import { allows, readableThrough } from "../api/authorize";
import { openHarness, type Harness } from "../api/test/harness";
import { appendChunks } from "../engine/telling/stream";
import { addTags } from "../engine/telling/add-tags";
import { updateMetadata } from "../engine/telling/update-metadata";
import type { Principal } from "../api/principal";
import { createGateway, type Gateway } from "./gateway";
import { engineReads } from "./reads";
import { until } from "./test/house";

/** The gateway over the real engine, database, credentials and authorisation. */
let api: Harness;
let gateway: Gateway<Principal>;
let url: string;
let close: () => Promise<void>;
const lives: Live[] = [];

beforeAll(async () => {
  api = await openHarness();
  const executor = new TestExecutor({
    async hello({ assignment }) {
      await updateMetadata(api.engine, assignment.runId, { operations: [{ type: "set", key: "progress", value: 0.5 }] });
      return { done: true };
    },
    "group/other": () => new Promise(() => undefined),
  });
  executor.engine = api.engine;
  await api.engine.attach(executor);
  const { credentials } = api.api;
  gateway = createGateway({
    feed: api.engine.feed,
    reads: engineReads(api.engine),
    access: { ...credentials, allows, readableThrough, ask: api.api.ask },
    notices: () => [],
    allowedOrigins: () => [],
    log: api.engine.log,
  });
  const server = createServer().on("upgrade", (req, socket, head) => gateway.handleUpgrade(req, socket, head));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A listening TCP server has an address of this kind.
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/realtime`;
  close = async () => {
    for (const live of lives) live.close();
    await gateway.close();
    await new Promise((resolve) => server.close(resolve));
    await api.close();
  };
});
afterAll(() => close());

function visit(token: string): Live {
  // ws implements the browser's interface; its type declarations say so in their own words.
  const live = createLive({
    url: `${url}?auth=token`,
    token: () => token,
    openSocket: (address) => new NodeSocket(address) as unknown as WebSocket,
  });
  lives.push(live);
  return live;
}

test("a run is followed from trigger to end: row, metadata, output, events without a gap", async () => {
  const live = visit(api.secretKey);
  const list = live.runs({ task: ["hello"] });
  await until(list, ({ loaded }) => loaded);
  list.subscribe(() => undefined);
  const id = await api.trigger("hello", {
    payload: JSON.stringify({ json: 1 }),
    options: { payloadType: "application/super+json", tags: ["x"] },
  });
  await until(list, ({ data }) => data.rows.get(id)?.status === "COMPLETED");
  const run = await until(live.run(id), ({ data }) => data.detail?.status === "COMPLETED" && data.detail.output !== null);
  expect(run.data.detail).toMatchObject({ tags: ["x"], metadata: '{"progress":0.5}', output: expect.stringContaining("done") });
  expect(run.data.events.map((event) => event.version)).toEqual(Array.from({ length: run.data.detail?.version ?? 0 }, (_, i) => i + 1));
  expect(list.getSnapshot().data.fresh).toEqual([id]);
});

test("an open run shows metadata, tags and streams as they come, and its trace and chunks", async () => {
  const id = await api.trigger("group/other");
  const live = visit(api.secretKey);
  const run = live.run(id);
  run.subscribe(() => undefined);
  const stream = live.stream(id, "out");
  stream.subscribe(() => undefined);
  await until(run, ({ data }) => data.detail?.status === "EXECUTING");
  await updateMetadata(api.engine, id, { metadata: { step: "one" } });
  await addTags(api.engine, id, ["late"]);
  for (let i = 0; i < 50; i++) await appendChunks(api.engine, { runId: id, key: "out", writer: "w", first: i, chunks: [String(i)] });
  const shown = await until(run, ({ data }) => data.detail?.streams.includes("out") === true && data.detail.tags.includes("late"));
  expect(shown.data.detail?.metadata).toBe('{"step":"one"}');
  const chunks = await until(stream, ({ data }) => data.chunks.length === 50);
  expect(chunks.data.chunks.map(({ chunk }) => chunk)).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
  await api.call("POST", `/api/v2/runs/${id}/cancel`);
  await until(run, ({ data }) => data.detail?.status === "CANCELED");
  await until(stream, ({ data }) => data.closed);
});

test("counts, queues and tokens of the engine are live", async () => {
  const live = visit(api.secretKey);
  const [counts, queues, tokens] = [live.counts(), live.queues(), live.tokens()];
  for (const view of [counts, queues, tokens]) view.subscribe(() => undefined);
  await until(tokens, ({ loaded }) => loaded);
  const waiting = (await until(counts, ({ loaded }) => loaded)).data?.tokensWaiting ?? 0;
  const { body } = await api.call("POST", "/api/v1/waitpoints/tokens", { body: {} });
  await until(tokens, ({ data }) => data.get(body.id)?.status === "WAITING");
  await until(counts, ({ data }) => data?.tokensWaiting === waiting + 1);
  await api.call("POST", `/api/v1/waitpoints/tokens/${body.id}/complete`, { body: { data: 1 } });
  await until(tokens, ({ data }) => data.get(body.id)?.status === "COMPLETED");
  await api.call("POST", "/api/v1/queues/shared%252Fslow/pause", { body: { type: "custom", action: "pause" } });
  const paused = await until(queues, ({ data }) => data.find(({ name }) => name === "shared/slow")?.paused === true);
  expect(paused.data.find(({ name }) => name === "shared/slow")).toMatchObject({ concurrencyLimit: 2, type: "custom" });
});

test("a public token sees its run and is thrown out when its key is revoked", async () => {
  const id = await api.trigger("hello");
  const other = await api.trigger("hello");
  const live = visit(api.issuer.publicToken({ scopes: [`read:runs:${id}`], expiresAt: Date.now() + 60_000 }));
  await until(live.run(id), ({ data }) => data.detail?.status === "COMPLETED");
  expect((await until(live.run(other), ({ failure }) => failure !== undefined)).failure?.status).toBe(403);
  expect((await until(live.runs({}), ({ failure }) => failure !== undefined)).failure?.status).toBe(403);
});

test("a change is with the client within 50 ms of its commit, at the median", async () => {
  const id = await api.trigger("group/other");
  const live = visit(api.secretKey);
  const run = live.run(id);
  run.subscribe(() => undefined);
  await until(run, ({ loaded }) => loaded);
  const delays: number[] = [];
  for (let i = 0; i < 40; i++) {
    await updateMetadata(api.engine, id, { metadata: { i } });
    const committed = performance.now();
    await until(run, ({ data }) => data.detail?.metadata === `{"i":${i}}`);
    delays.push(performance.now() - committed);
  }
  const sorted = delays.toSorted((a, b) => a - b);
  expect(sorted[20]).toBeLessThan(50);
});

/** Code with which the server closes a socket that greets with this token; "open" when it welcomes it. */
function greet(token: string): Promise<number | "open"> {
  return new Promise((resolve) => {
    const socket = new NodeSocket(`${url}?auth=token`);
    socket.on("open", () => socket.send(JSON.stringify({ type: "hello", protocol: protocolVersion, token })));
    socket.on("message", () => {
      resolve("open");
      socket.close();
    });
    socket.on("close", (code) => resolve(code));
  });
}

test("a token has one spelling on sockets too", async () => {
  const token = api.issuer.publicToken({ scopes: ["read:runs"], expiresAt: Date.now() + 600_000 });
  const last = token.slice(-1);
  // The last character of 32 bytes in base64url has two bits to spare.
  const spare = alphabet
    .split("")
    .filter(
      (letter) =>
        letter !== last && Buffer.from(token.slice(-3, -1) + letter, "base64url").equals(Buffer.from(token.slice(-3), "base64url")),
    );
  expect(spare).toHaveLength(3);
  for (const spelled of [...spare.map((letter) => token.slice(0, -1) + letter), `${token}=`, `${token}\n`, ` ${token}`])
    expect(await greet(spelled)).toBe(closeCodes.unauthorized);
  expect(await greet(token)).toBe("open");
});
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
