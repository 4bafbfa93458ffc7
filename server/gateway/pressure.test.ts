import { expect, test } from "vitest";
import { openHouse, until } from "./test/house";
import { createWorld, must } from "./test/world";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test(
  "a socket that does not read costs bounded memory, is brought up to date when it does, and delays nobody",
  { timeout: 60_000 },
  async () => {
    const world = createWorld(() => 0);
    const house = await openHouse(world);
    const error = { message: "x".repeat(4_000) };
    for (let i = 0; i < 200; i++) world.create(`r${i}`, { error });
    await world.settled();
    const [slow, fast] = [house.visit(), house.visit()];
    for (const { live } of [slow, fast]) {
      await until(live.runs({}), ({ loaded }) => loaded);
      live.runs({}).watch([...world.runs.keys()]);
      live.runs({}).subscribe(() => undefined);
      await until(live.stream("r0", "out"), ({ loaded }) => loaded);
      live.stream("r0", "out").subscribe(() => undefined);
      await until(live.runs({}), ({ data }) => data.rows.size === 200);
    }
    const wire = must(slow.sockets[0]);
    wire.pause();
    const before = house.gateway.stats().bytes;
    for (let round = 0; round < 80; round++) {
      for (const id of world.runs.keys()) world.change(id);
      for (let i = 0; i < 20; i++) world.write("r0", "out");
      await world.settled();
      await pause(17);
    }
    await until(fast.live.runs({}), ({ data }) => [...data.rows.values()].every((row) => row.version === 81), 3_000);
    const sent = house.gateway.stats().bytes - before;
    const perSocket = 80 * 200 * 4_000;
    expect(house.gateway.stats().congestions).toBeGreaterThan(0);
    // All to the fast one; to the slow one what the kernel's buffers took, and no more.
    expect(sent).toBeLessThan(perSocket * 1.5);
    wire.resume();
    await until(slow.live.runs({}), ({ data }) => [...data.rows.values()].every((row) => row.version === 81));
    const stream = await until(slow.live.stream("r0", "out"), ({ data }) => data.chunks.length === 1_600);
    expect(stream.data.chunks.every((chunk, i) => chunk.index === i)).toBe(true);
    for (const { live } of [slow, fast]) live.close();
    await house.close();
  },
);

test("a list with more pending changes than a socket may hold is reset when it reads again", { timeout: 60_000 }, async () => {
  const world = createWorld(() => 0);
  const house = await openHouse(world);
  const visitor = house.visit();
  await until(visitor.live.runs({}), ({ loaded }) => loaded);
  visitor.live.runs({}).subscribe(() => undefined);
  const resets = house.gateway.stats().resets;
  const wire = must(visitor.sockets[0]);
  wire.pause();
  const error = { message: "x".repeat(10_000) };
  for (let i = 0; i < 6_000; i++) {
    world.create(`r${i}`, { error });
    if (i % 300 === 299) {
      await world.settled();
      await pause(17);
    }
  }
  wire.resume();
  await until(visitor.live.runs({}), ({ data }) => data.head[0] === "r5999");
  expect(house.gateway.stats().resets).toBeGreaterThan(resets);
  visitor.live.close();
  await house.close();
});

test("after a restart of the server runs go on from their cursor and lists are reset", async () => {
  const world = createWorld(Math.random);
  const first = await openHouse(world);
  const snapshots: { kind: string; reset: boolean }[] = [];
  const visitor = first.visit({
    seen(_socket, messages) {
      for (const message of messages) {
        // Only a run's snapshot has a detail.
        if (message.type === "snapshot")
          snapshots.push({ kind: JSON.stringify(message.data).includes('"detail"') ? "run" : "runs", reset: message.reset });
      }
    },
  });
  world.create("a");
  const [run, list] = [visitor.live.run("a"), visitor.live.runs({})];
  await Promise.all([until(run, ({ loaded }) => loaded), until(list, ({ loaded }) => loaded)]);
  run.subscribe(() => undefined);
  list.subscribe(() => undefined);
  await first.close();
  world.change("a");
  world.create("b");
  const second = await openHouse(world, { port: first.port });
  await Promise.all([
    until(run, ({ data }) => data.events.length === 2),
    until(list, ({ data }) => data.rows.get("a")?.version === 2 && data.fresh.includes("b")),
  ]);
  expect(snapshots.filter(({ kind }) => kind === "run").map(({ reset }) => reset)).toEqual([true, false]);
  expect(snapshots.filter(({ kind }) => kind === "runs").map(({ reset }) => reset)).toEqual([true, true]);
  await until(visitor.live.status, ({ phase }) => phase === "live");
  visitor.live.close();
  await second.close();
});

test("after a restore from an older backup nobody sees what no longer exists", async () => {
  const lost = createWorld(Math.random, "db1");
  const first = await openHouse(lost);
  const { live } = first.visit();
  lost.create("a");
  for (let i = 0; i < 5; i++) lost.change("a", { metadata: `{"n":${i}}` });
  lost.create("gone");
  const [run, list] = [live.run("a"), live.runs({})];
  await Promise.all([until(run, ({ data }) => data.detail?.version === 6), until(list, ({ data }) => data.rows.has("gone"))]);
  run.subscribe(() => undefined);
  list.subscribe(() => undefined);
  await first.close();
  const restored = createWorld(Math.random, "db2");
  restored.create("a");
  restored.change("a", { metadata: '{"restored":true}' });
  const second = await openHouse(restored, { port: first.port });
  await Promise.all([
    until(run, ({ data }) => data.detail?.version === 2 && data.events.length === 2 && data.detail.metadata === '{"restored":true}'),
    until(list, ({ data }) => data.rows.get("a")?.version === 2 && !data.rows.has("gone")),
  ]);
  expect(live.rows.get("gone")).toBeUndefined();
  live.close();
  await second.close();
});

test("three hundred sockets come back after the server was gone, all current, with few reads", { timeout: 60_000 }, async () => {
  const world = createWorld(() => 0);
  const first = await openHouse(world);
  for (let i = 0; i < 60; i++) world.create(`r${i}`);
  await world.settled();
  const visitors = Array.from({ length: 300 }, () => first.visit({ random: Math.random }));
  await Promise.all(visitors.map(({ live }) => until(live.runs({}), ({ loaded }) => loaded, 30_000)));
  for (const { live } of visitors) live.runs({}).subscribe(() => undefined);
  await first.close();
  world.change("r59");
  let pages = 0;
  const reads = {
    ...world.reads,
    firstPage: (filter: Parameters<typeof world.reads.firstPage>[0]) => ((pages += 1), world.reads.firstPage(filter)),
  };
  const second = await openHouse(world, { port: first.port, reads });
  const started = Date.now();
  await Promise.all(visitors.map(({ live }) => until(live.runs({}), ({ data }) => data.rows.get("r59")?.version === 2, 30_000)));
  expect(Date.now() - started).toBeLessThan(30_000);
  expect(pages).toBeLessThan(60);
  for (const { live } of visitors) live.close();
  await second.close();
});
