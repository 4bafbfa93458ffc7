import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { ServerNotice } from "@/lib/contracts/realtime";
import { until, openHouse, type House } from "./test/house";
import { createWorld, type World } from "./test/world";

let world: World;
let house: House;
const closers: (() => void)[] = [];

beforeEach(async () => {
  world = createWorld(Math.random);
  house = await openHouse(world);
});
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await house.close();
});

function visit(...args: Parameters<House["visit"]>) {
  const visitor = house.visit(...args);
  closers.push(() => visitor.live.close());
  return visitor;
}

describe("a list", () => {
  test("brings its first page, then news of matching runs", async () => {
    world.create("a", { tags: ["x"] });
    world.create("b", { tags: ["y"] });
    const list = visit().live.runs({ tag: ["x"] });
    const loaded = await until(list, (value) => value.loaded);
    expect(loaded.data.head).toEqual(["a"]);
    world.create("c", { tags: ["x"] });
    world.create("d", { tags: ["z"] });
    const next = await until(list, (value) => value.data.fresh.length > 0);
    expect(next.data.fresh).toEqual(["c"]);
    expect([...next.data.rows.keys()].toSorted()).toEqual(["a", "c"]);
  });

  test("follows what is visible, also when it no longer matches", async () => {
    world.create("a", { status: "EXECUTING" });
    const list = visit().live.runs({ status: ["EXECUTING"] });
    list.watch(["a"]);
    await until(list, (value) => value.loaded);
    world.change("a", { status: "COMPLETED" }, "completed");
    const next = await until(list, (value) => value.data.rows.get("a")?.status === "COMPLETED");
    expect(next.data.fresh).toEqual([]);
  });

  test("tells the rows that came into sight", async () => {
    for (let i = 0; i < 60; i++) world.create(`r${String(i).padStart(2, "0")}`);
    await world.settled();
    const list = visit().live.runs({});
    const loaded = await until(list, (value) => value.loaded);
    expect(loaded.data.rows.has("r00")).toBe(false);
    list.watch(["r00"]);
    await until(list, (value) => value.data.rows.has("r00"));
    world.change("r00");
    const next = await until(list, (value) => value.data.rows.get("r00")?.version === 2);
    expect(next.data.fresh).toEqual([]);
  });

  test("acknowledged runs are no longer fresh", async () => {
    const list = visit().live.runs({});
    await until(list, (value) => value.loaded);
    world.create("a");
    const next = await until(list, (value) => value.data.fresh.length === 1);
    list.acknowledge(next.data.rows.get("a")?.createdAt);
    expect(list.getSnapshot().data.fresh).toEqual([]);
  });
});

describe("a run", () => {
  test("brings detail, events and relations, and what changes", async () => {
    world.create("p");
    world.create("a", { parentId: "p" });
    world.change("a", { metadata: '{"n":1}' });
    const run = visit().live.run("a");
    const loaded = await until(run, (value) => value.loaded);
    expect(loaded.data.detail).toMatchObject({ id: "a", version: 2, metadata: '{"n":1}' });
    expect(loaded.data.relations.map((row) => row.id)).toEqual(["p"]);
    world.change("a", { metadata: '{"n":2}' });
    world.change("a", { status: "COMPLETED", output: "7" }, "completed");
    const next = await until(run, (value) => value.data.detail?.output === "7");
    expect(next.data.detail).toMatchObject({ status: "COMPLETED", metadata: '{"n":2}' });
    expect(next.data.events.map((event) => event.version)).toEqual([1, 2, 3, 4]);
  });

  test("gains children as they are made", async () => {
    world.create("p");
    const run = visit().live.run("p");
    await until(run, (value) => value.loaded);
    world.create("c", { parentId: "p" });
    await until(run, (value) => value.data.relations.some((row) => row.id === "c"));
    world.change("c", { status: "COMPLETED" }, "completed");
    const next = await until(run, (value) => value.data.relations[0]?.status === "COMPLETED");
    expect(next.data.relations.map((row) => row.version)).toEqual([2]);
  });

  test("that is unknown is refused with 404", async () => {
    const value = await until(visit().live.run("nobody"), ({ failure }) => failure !== undefined);
    expect(value.failure).toMatchObject({ status: 404, error: expect.stringContaining("nobody") });
  });
});

test("trace and stream bring all of a long past in order, then go on, and the stream ends with the run", async () => {
  world.create("a");
  for (let i = 0; i < 1_234; i++) {
    world.log("a");
    world.write("a", "out");
  }
  const { live } = visit();
  const [trace, stream] = [live.trace("a"), live.stream("a", "out")];
  await Promise.all([
    until(trace, (value) => value.data.items.length === 1_234),
    until(stream, (value) => value.data.chunks.length === 1_234),
  ]);
  const [lines, chunks] = [until(trace, (value) => value.data.items.length === 1_235), until(stream, (value) => value.data.closed)];
  world.log("a");
  world.write("a", "out");
  world.change("a", { status: "COMPLETED" }, "completed");
  expect((await lines).data.items.map((item) => item.seq)).toEqual(Array.from({ length: 1_235 }, (_, i) => i + 1));
  expect((await chunks).data.chunks.map((chunk) => chunk.index)).toEqual(Array.from({ length: 1_235 }, (_, i) => i));
});

test("pages of a long past say nothing of freshness, the line after them does", async () => {
  world.create("a");
  for (let i = 0; i < 1_234; i++) world.log("a");
  const at: number[] = [];
  const { live } = visit({ seen: (_, messages) => messages.forEach((message) => message.type === "trace" && at.push(message.at)) });
  const trace = live.trace("a");
  await until(trace, (value) => value.data.items.length === 1_234);
  expect(at).toEqual([0, 0]);
  const next = until(trace, (value) => value.data.items.length === 1_235);
  world.log("a");
  await next;
  expect(at[2]).toBeGreaterThan(0);
});

test("a stream of a finished run is closed at once", async () => {
  world.create("a");
  world.write("a", "out");
  world.change("a", { status: "COMPLETED" }, "completed");
  await world.settled();
  const value = await until(visit().live.stream("a", "out"), ({ loaded }) => loaded);
  expect(value.data).toMatchObject({ closed: true, chunks: [{ chunk: '"0"' }] });
});

test("a chunk whose news was lost comes with the next one", async () => {
  world.create("a");
  const stream = visit().live.stream("a", "out");
  await until(stream, ({ loaded }) => loaded);
  world.loseNext();
  world.write("a", "out");
  world.write("a", "out");
  const value = await until(stream, ({ data }) => data.chunks.length === 2);
  expect(value.data.chunks.map(({ index }) => index)).toEqual([0, 1]);
});

test("counts, queues and tokens follow", async () => {
  const { live } = visit();
  const [counts, queues, tokens] = [live.counts(), live.queues(), live.tokens()];
  await Promise.all([until(counts, ({ loaded }) => loaded), until(queues, ({ loaded }) => loaded), until(tokens, ({ loaded }) => loaded)]);
  const changed = Promise.all([
    until(counts, ({ data }) => data?.running === 1 && data.tokensWaiting === 1),
    until(queues, ({ data }) => data[0]?.queued === 1),
    until(tokens, ({ data }) => data.get("w")?.status === "WAITING"),
  ]);
  world.create("a");
  world.token("w", "WAITING");
  world.feed.emit("queues", ["q"]);
  await changed;
  world.token("w", "COMPLETED");
  const answered = await until(tokens, ({ data }) => data.get("w")?.status === "COMPLETED");
  expect(answered.data.size).toBe(1);
});

test("news that was lost are shown within 5 s without another change", async () => {
  world.create("a");
  const { live } = visit();
  const list = live.runs({});
  const run = live.run("a");
  await Promise.all([until(list, ({ loaded }) => loaded), until(run, ({ loaded }) => loaded)]);
  list.watch(["a"]);
  world.loseNext();
  world.change("a", { status: "COMPLETED", output: "1" }, "completed");
  const started = Date.now();
  await Promise.all([
    until(list, ({ data }) => data.rows.get("a")?.version === 2),
    until(run, ({ data }) => data.events.length === 2 && data.detail?.output === "1"),
  ]);
  expect(Date.now() - started).toBeLessThan(5_000);
});

test("a notice shows at once and goes at once; who may not see everything is not told", async () => {
  let notices: ServerNotice[] = [];
  const watched = await openHouse(world, { notices: () => notices });
  const operator = watched.visit().live;
  const guest = watched.visit({ token: () => "scopes read:runs:a" }).live;
  closers.push(operator.close, guest.close, () => void watched.close());
  await Promise.all([operator, guest].map((live) => until(live.status, ({ phase }) => phase === "live")));
  notices = [{ level: "error", message: "The tasks do not build." }];
  watched.gateway.noticesChanged();
  expect(await until(operator.notices, (told) => told !== undefined && told.length > 0)).toEqual(notices);
  expect(await until(guest.notices, (told) => told !== undefined)).toEqual([]);
  notices = [];
  watched.gateway.noticesChanged();
  await until(operator.notices, (told) => told?.length === 0, 2_000);
});

test("freshness is measured from commit to paint and reported", async () => {
  const { live } = visit({ afterPaint: (then) => void setImmediate(then) });
  const list = live.runs({});
  await until(list, ({ loaded }) => loaded);
  world.create("a");
  await until(list, ({ data }) => data.rows.size === 1);
  // A change that is nearer to the snapshot than the two clocks are to each other counts as read with it.
  const changing = setInterval(() => world.change("a"), 20);
  onTestFinished(() => clearInterval(changing));
  const value = await until(live.freshness, (freshness) => freshness !== null);
  clearInterval(changing);
  expect(value?.medianMs).toBeGreaterThanOrEqual(0);
  expect(value?.medianMs).toBeLessThan(10_000);
  await expect.poll(() => house.gateway.stats().painted.count).toBeGreaterThanOrEqual(1);
});
