import { expect, test } from "vitest";
import type { RunRow } from "@/lib/contracts/run";
import type { ServerMessage } from "@/lib/contracts/realtime";
import { readCursor } from "@/lib/runs/cursor";
import { matchesFilter } from "@/lib/runs/match-run";
import type { Live } from "@/lib/client/live";
import { openHouse, until, type Visitor } from "./test/house";
import { seeded } from "./test/seeded";
import { createWorld, must, rowOf, type World } from "./test/world";

/**
 * Fuzz of the whole protocol: random changes, cuts of the wire at random moments, reads and news in random order.
 * On the way: never an older version after a newer one, per subscription and socket (server) and per view (client).
 * At the end: what each view shows is the truth.
 */

const acts = ["create", "change", "change", "change", "finish", "log", "log", "write", "write", "token", "cut", "pause"] as const;
interface Step {
  do: (typeof acts)[number];
  which: number;
}

const filter = { tag: ["odd"] };
const names = ["a", "b", "c"];

function play(world: World, visitors: readonly Visitor[], { do: what, which }: Step): Promise<void> {
  const ids = [...world.runs.keys()];
  const id = must(ids[which % ids.length]);
  const acts: Record<Step["do"], () => void> = {
    create: () => world.create(`r${world.runs.size}`, { tags: which % 2 === 0 ? [] : ["odd"], ...(which % 3 === 0 && { parentId: id }) }),
    change: () => world.change(id, { metadata: `{"n":${which}}` }),
    finish: () =>
      names.includes(id)
        ? world.change(id, { metadata: `{"f":${which}}` })
        : world.change(id, { status: "COMPLETED", output: `${which}` }, "completed"),
    log: () => world.log(must(names[which % names.length])),
    write: () => world.write(must(names[which % names.length]), "out"),
    token: () => world.token(`w${which % 5}`, world.tokens.has(`w${which % 5}`) ? "COMPLETED" : "WAITING"),
    cut: () => visitors[which % visitors.length]?.cut(),
    pause: () => undefined,
  };
  acts[what]();
  // Now and then a pause, so that frames of one tick end in different places of the play.
  return which % 4 === 0 ? new Promise((resolve) => setTimeout(resolve, which % 20)) : Promise.resolve();
}

/** Server side: what a socket was told about each run of a subscription, and where its cursor stood. */
function watchFrames(violations: string[]): (socket: number, messages: ServerMessage[]) => void {
  const versions = new Map<string, number>();
  const told = (key: string, version: number) => {
    if (version < (versions.get(key) ?? 0)) violations.push(`${key}: ${version} after ${versions.get(key)}`);
    versions.set(key, version);
  };
  return (socket, messages) => {
    for (const message of messages) {
      // A list's snapshot has rows, a run's has a detail.
      const held = message.type === "snapshot" ? Object(message.data) : {};
      for (const row of held.rows ?? []) told(`${socket} ${message.type === "snapshot" ? message.id : ""} ${row.id}`, row.version);
      if (message.type === "snapshot" && held.detail) told(`${socket} ${message.id} row`, held.detail.version);
      if (message.type === "rows") for (const row of message.rows) told(`${socket} ${message.id} ${row.id}`, row.version);
      if (message.type === "events") {
        for (const event of message.events) told(`${socket} ${message.id} event`, event.version);
        if (message.row) told(`${socket} ${message.id} row`, message.row.version);
      }
      if (message.type === "trace" || message.type === "chunks" || message.type === "events") {
        told(`${socket} ${message.id} cursor`, must(readCursor(message.cursor)).position + 1);
      }
    }
  };
}

/** Client side: no view ever goes back. */
function watchViews(live: Live, violations: string[]): void {
  const newest = new Map<string, number>();
  const never = (key: string, version: number) => {
    if (version < (newest.get(key) ?? 0)) violations.push(`${key}: ${version} after ${newest.get(key)}`);
    newest.set(key, version);
  };
  const list = live.runs(filter);
  list.subscribe(() => list.getSnapshot().data.rows.forEach((row) => never(`list ${row.id}`, row.version)));
  for (const name of names) {
    const run = live.run(name);
    run.subscribe(() => never(`run ${name}`, run.getSnapshot().data.detail?.version ?? 0));
    const trace = live.trace(name);
    trace.subscribe(() => never(`trace ${name}`, trace.getSnapshot().data.items.length));
    const stream = live.stream(name, "out");
    stream.subscribe(() => {
      const { chunks } = stream.getSnapshot().data;
      never(`stream ${name}`, chunks.length);
      if (!chunks.every((chunk, i) => chunk.index === i)) violations.push(`stream ${name} has a hole`);
    });
  }
}

async function expectTruth(world: World, live: Live, watched: readonly string[]): Promise<void> {
  for (const name of names) {
    const truth = must(world.runs.get(name));
    const run = await until(
      live.run(name),
      ({ data }) =>
        data.detail?.version === truth.version && data.detail.metadata === truth.metadata && data.events.length === truth.version,
    );
    expect(run.data.events.map((event) => event.version)).toEqual(Array.from({ length: truth.version }, (_, i) => i + 1));
    expect(run.data.detail).toEqual(truth);
    const trace = world.traces.get(name) ?? [];
    await until(live.trace(name), ({ data }) => data.items.length === trace.length);
    expect(live.trace(name).getSnapshot().data.items).toEqual(trace);
    const chunks = world.chunks.get(`${name} out`) ?? [];
    await until(live.stream(name, "out"), ({ data }) => data.chunks.length === chunks.length);
    expect(live.stream(name, "out").getSnapshot().data.chunks).toEqual(chunks);
  }
  const rows = [...world.runs.values()].map(rowOf);
  const inHead = rows
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .filter((row) => matchesFilter(row, filter))
    .slice(0, 50);
  const expected = new Map<string, RunRow>([...inHead, ...rows.filter((row) => watched.includes(row.id))].map((row) => [row.id, row]));
  const isCurrent = (held: ReadonlyMap<string, RunRow>) => [...expected.values()].every((row) => held.get(row.id)?.version === row.version);
  const list = await until(live.runs(filter), ({ data }) => isCurrent(data.rows)).catch(() => live.runs(filter).getSnapshot());
  for (const [id, row] of expected) expect(list.data.rows.get(id)).toEqual(row);
  for (const [id, token] of world.tokens)
    await until(live.tokens(), ({ data }) => data.get(id)?.status === token.status || (token.status !== "WAITING" && !data.has(id)));
  await until(live.counts(), ({ data }) => data?.running === world.runs.size);
}

const seeds = Array.from({ length: 10 }, (_, i) => i + 1);
let cuts = 0;

test.each(seeds)(
  "whatever happens to the wire, every view ends at the truth and never goes back (seed %i)",
  { timeout: 30_000 },
  async (seed) => {
    const random = seeded(seed);
    const world = createWorld(random);
    const house = await openHouse(world);
    const violations: string[] = [];
    const visitors = [0, 1, 2].map(() => house.visit({ seen: watchFrames(violations) }));
    try {
      for (const name of names) world.create(name, { tags: ["odd"] });
      for (const { live } of visitors) {
        watchViews(live, violations);
        live.runs(filter).watch(["a", "b"]);
        live.tokens().subscribe(() => undefined);
        live.counts().subscribe(() => undefined);
      }
      for (let i = 0; i < 400; i++) {
        const step: Step = { do: must(acts[Math.floor(random() * acts.length)]), which: Math.floor(random() * 1_000) };
        if (step.do === "cut") cuts += 1;
        await play(world, visitors, step);
      }
      // The end in a storm: changes race the snapshots of sockets that have just come back.
      for (let i = 0; i < 12; i++) {
        for (const visitor of visitors) visitor.cut();
        await until(must(visitors[i % visitors.length]).live.status, ({ phase }) => phase === "live" || phase === "catchingUp");
        await new Promise((resolve) => setTimeout(resolve, random() * 40));
        for (const name of names) world.change(name, { metadata: `{"end":${i}}` });
      }
      await world.settled();
      for (const { live } of visitors) await expectTruth(world, live, ["a", "b"]);
      expect(violations).toEqual([]);
    } finally {
      for (const { live } of visitors) live.close();
      await house.close();
    }
  },
);

test("the wire was really cut", () => {
  expect(cuts).toBeGreaterThan(20 * seeds.length);
});
