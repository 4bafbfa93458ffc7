import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket, type ClientOptions } from "ws";
import { closeCodes, protocolVersion } from "@/lib/contracts/protocol";
import type { ClientMessage, ServerMessage } from "@/lib/contracts/realtime";
import { openHouse, textOf, until, type House } from "./test/house";
import { createWorld, must, type World } from "./test/world";

let world: World;
let house: House;

beforeEach(async () => {
  world = createWorld(Math.random);
  house = await openHouse(world);
});
afterEach(() => house.close());

interface Raw {
  socket: WebSocket;
  messages: ServerMessage[];
  send(message: ClientMessage | string): void;
  /** Resolves with the code. */
  closed: Promise<number>;
  /** HTTP status of a refused upgrade; 101 when it was accepted. */
  status: Promise<number>;
  got<T extends ServerMessage["type"]>(type: T): Promise<Extract<ServerMessage, { type: T }>>;
}

function open(path: string, options: ClientOptions = {}): Raw {
  const socket = new WebSocket(`ws://127.0.0.1:${house.port}${path}`, options);
  const messages: ServerMessage[] = [];
  socket.on("message", (data) => messages.push(...JSON.parse(textOf(data))));
  socket.on("error", () => undefined);
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  const status = new Promise<number>((resolve) => {
    socket.on("open", () => resolve(101));
    socket.on("unexpected-response", (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
  });
  return {
    socket,
    messages,
    closed,
    status,
    send: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    async got(type) {
      await expect.poll(() => messages.map((message) => message.type)).toContain(type);
      // The line above found one of this type.
      return messages.find((message) => message.type === type) as never;
    },
  };
}

async function greeted(token: string): Promise<Raw> {
  const raw = open("/realtime?auth=token");
  await raw.status;
  raw.send({ type: "hello", protocol: protocolVersion, token });
  await raw.got("welcome");
  return raw;
}

const own = () => `http://127.0.0.1:${house.port}`;

describe("the upgrade", () => {
  test.each([
    ["no origin", {}, 403],
    ["a foreign origin", { origin: "https://evil.example" }, 403],
    ["a null origin", { headers: { origin: "null" } }, 403],
    ["an origin that only begins like ours", { origin: "http://127.0.0.1.evil.example" }, 403],
  ])("with a cookie and %s is refused", async (_name, options, status) => {
    const headers = { cookie: "session=ada", ...("headers" in options ? options.headers : {}) };
    expect(await open("/realtime", { ...options, headers }).status).toBe(status);
  });

  test("with a cookie from our own page is served at once", async () => {
    const raw = open("/realtime", { origin: own(), headers: { cookie: "session=ada" } });
    expect((await raw.got("welcome")).epoch).toBe("db1");
    raw.socket.terminate();
  });

  test("without a session is closed as unauthorized", async () => {
    expect(await open("/realtime", { origin: own() }).closed).toBe(closeCodes.unauthorized);
  });

  test("for token sockets the cookie does not count", async () => {
    const raw = open("/realtime?auth=token", { origin: "https://anywhere.example", headers: { cookie: "session=ada" } });
    expect(await raw.status).toBe(101);
    raw.send({ type: "subscribe", id: "1", topic: { kind: "counts" } });
    expect(await raw.closed).toBe(closeCodes.badMessage);
  });

  test.each(["/elsewhere", "/realtime/x", "http://127.0.0.1/realtime", "//evil/realtime"])("of %s is not ours", async (target) => {
    const socket = connect(house.port, "127.0.0.1");
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${house.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (data) => (text += String(data)));
      socket.on("close", () => resolve(text));
    });
    expect(answer).toBe("");
  });
});

describe("the greeting", () => {
  test("is due within 5 s", async () => {
    const started = Date.now();
    expect(await open("/realtime?auth=token").closed).toBe(closeCodes.silent);
    expect(Date.now() - started).toBeLessThan(6_000);
  });

  test("with another protocol or a wrong token ends the socket with a code that says so", async () => {
    const [other, wrong] = [open("/realtime?auth=token"), open("/realtime?auth=token")];
    await Promise.all([other.status, wrong.status]);
    other.send({ type: "hello", protocol: 99, token: "secret" });
    wrong.send({ type: "hello", protocol: protocolVersion, token: "guess" });
    expect([await other.closed, await wrong.closed]).toEqual([closeCodes.protocol, closeCodes.unauthorized]);
  });

  test.each(["{", "[]", '{"type":"nothing"}', '{"type":"subscribe","id":"1","topic":{"kind":"all"}}', "x".repeat(1_000)])(
    "then nonsense (%#) ends it",
    async (text) => {
      const raw = await greeted("secret");
      raw.send(text);
      expect(await raw.closed).toBe(closeCodes.badMessage);
    },
  );

  test("then a message of 100 KB ends it unread", async () => {
    const raw = await greeted("secret");
    raw.send(JSON.stringify({ type: "ping", at: 1, pad: "x".repeat(100_000) }));
    expect(await raw.closed).toBe(1009);
  });

  test("then a flood of messages ends it", async () => {
    const raw = await greeted("secret");
    for (let i = 0; i < 400; i++) raw.send({ type: "ping", at: i });
    expect(await raw.closed).toBe(closeCodes.tooMany);
  });

  test("then subscriptions have a limit", async () => {
    const raw = await greeted("scopes read:runs");
    for (let i = 0; i < 60; i++) raw.send({ type: "subscribe", id: `${i}`, topic: { kind: "counts" } });
    const failed = await raw.got("failed");
    expect(failed).toMatchObject({ id: "50", status: 429 });
    raw.socket.terminate();
  });
});

describe("a token", () => {
  test("sees the runs of its scopes and no other, whatever it asks", async () => {
    world.create("a", { tags: ["mine"] });
    world.create("ab", { tags: ["mine2"] });
    world.create("b", { tags: [], parentId: "a" });
    await world.settled();
    const raw = await greeted("scopes read:tags:mine");
    raw.send({ type: "subscribe", id: "list", topic: { kind: "runs", filter: { tag: ["mine"] }, visible: ["a", "ab", "b"] } });
    raw.send({ type: "subscribe", id: "run", topic: { kind: "run", runId: "a" } });
    for (const runId of ["ab", "b", "nobody"]) {
      raw.send({ type: "subscribe", id: `run ${runId}`, topic: { kind: "run", runId } });
      raw.send({ type: "subscribe", id: `trace ${runId}`, topic: { kind: "trace", runId } });
      raw.send({ type: "subscribe", id: `stream ${runId}`, topic: { kind: "stream", runId, key: "k" } });
    }
    const filters = [{}, { tag: ["mine2"] }, { tag: ["min"] }, { task: ["t"] }, { id: "ab" }];
    filters.forEach((filter, i) => raw.send({ type: "subscribe", id: `other ${i}`, topic: { kind: "runs", filter, visible: ["ab"] } }));
    for (const kind of ["counts", "queues", "tokens"] as const) raw.send({ type: "subscribe", id: kind, topic: { kind } });
    await expect.poll(() => raw.messages.filter((message) => message.type === "failed").length).toBe(9 + filters.length + 3);
    expect(raw.messages.filter((message) => message.type === "failed").every(({ status }) => status === 403)).toBe(true);
    await expect.poll(() => raw.messages.filter((message) => message.type === "snapshot").length).toBe(2);
    world.change("ab", { tags: ["mine2", "x"] });
    world.change("a");
    await expect
      .poll(() => raw.messages.filter((message) => message.type === "rows" || message.type === "events").length)
      .toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(raw.messages)).not.toContain('"ab"');
    expect(JSON.stringify(raw.messages.filter((message) => message.type !== "failed"))).not.toContain('"id":"b"');
    raw.socket.terminate();
  });

  test("loses a run whose tags no longer let it in, on the open subscription", async () => {
    world.create("a", { tags: ["mine"] });
    const raw = await greeted("scopes read:tags:mine");
    raw.send({ type: "subscribe", id: "run", topic: { kind: "run", runId: "a" } });
    raw.send({ type: "subscribe", id: "trace", topic: { kind: "trace", runId: "a" } });
    await expect.poll(() => raw.messages.filter((message) => message.type === "snapshot").length).toBe(2);
    world.change("a", { tags: [], metadata: '{"secret":1}' });
    await expect
      .poll(() =>
        raw.messages
          .filter((message) => message.type === "failed")
          .map(({ id }) => id)
          .toSorted(),
      )
      .toEqual(["run", "trace"]);
    world.log("a");
    await world.settled();
    expect(JSON.stringify(raw.messages)).not.toContain("secret");
    raw.socket.terminate();
  });

  test("that expires ends its socket on time, and nothing comes after", async () => {
    const expiresAt = Date.now() + 700;
    const raw = await greeted(`scopes read:runs until ${expiresAt}`);
    raw.send({ type: "subscribe", id: "1", topic: { kind: "runs", filter: {}, visible: [] } });
    await raw.got("snapshot");
    const timer = setInterval(() => world.create(`r${world.runs.size}`), 20);
    expect(await raw.closed).toBe(closeCodes.expired);
    clearInterval(timer);
    expect(Date.now() - expiresAt).toBeLessThan(1_000);
    expect(Date.now() - expiresAt).toBeGreaterThan(-50);
  });

  test("that is revoked ends its socket within 5 s; others stay", async () => {
    const [gone, stays] = [await greeted("secret 1"), await greeted("secret 2")];
    house.revoked.add("secret 1");
    const started = Date.now();
    expect(await gone.closed).toBe(closeCodes.expired);
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(stays.socket.readyState).toBe(WebSocket.OPEN);
    stays.socket.terminate();
  });

  test("that was refused makes the client fetch a fresh one, and stop when it gets the same", async () => {
    world.create("a");
    const tokens = ["guess", "secret"];
    const again = house.visit({ token: () => must(tokens.length > 1 ? tokens.shift() : tokens[0]) });
    await until(again.live.run("a"), ({ loaded }) => loaded);
    const stuck = house.visit({ token: () => "guess" });
    expect(await until(stuck.live.status, ({ phase }) => phase === "closed")).toMatchObject({ reason: "unauthorized" });
    again.live.close();
  });
});
