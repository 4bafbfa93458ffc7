import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase } from "@/test/engine";
import { gate } from "@/test/engine-suite";
import type { Database, Writer } from "./database";
import { groupCommit, type GroupCommit } from "./group-commit";

let db: Database;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDatabase());
  await db.query("create table noted (id int primary key, by text)");
});
afterAll(() => close());

const insert = "insert into noted (id, by) select i.id, i.by from json_to_recordset($1::json) as i(id int, by text) on conflict do nothing";
interface Item {
  id: number;
  by: string;
}
let next = 0;
const item = (): Item => ({ id: (next += 1), by: "test" });
const stored = async (items: readonly Item[]) =>
  (await db.query<{ n: number }>("select count(*) as n from noted where id = any($1)", [items.map((one) => one.id)]))[0]?.n;
/** A group whose batches are seen; `before` is called with each. */
function group(
  options: { writer?: Writer; maxBatch?: number; sizeOf?: (one: Item) => number; before?: () => Promise<void> } = {},
): GroupCommit<Item, number> & { sizes: number[] } {
  const sizes: number[] = [];
  const made = groupCommit<Item, number>({
    writer: options.writer ?? db.writer(),
    ...(options.maxBatch !== undefined && { maxBatch: options.maxBatch }),
    ...(options.sizeOf !== undefined && { sizeOf: options.sizeOf }),
    async run({ query }, items) {
      sizes.push(items.length);
      await options.before?.();
      await query(insert, [JSON.stringify(items)]);
      return items.map((one) => one.id);
    },
  });
  return { ...made, sizes };
}

describe("items that come while a statement is in flight", () => {
  it("go together in the next one, in order, and each gets its own answer", async () => {
    const commits = group();
    const first = commits.submit(item());
    await new Promise(setImmediate);
    const items = Array.from({ length: 300 }, item);
    const answers = await Promise.all([first, ...items.map((one) => commits.submit(one))]);
    expect(answers.slice(1)).toEqual(items.map((one) => one.id));
    expect(commits.sizes.length).toBeLessThanOrEqual(4);
    expect(await stored(items)).toBe(300);
  });

  it("never exceed the largest batch, and idle waits for all", async () => {
    const commits = group({ maxBatch: 7 });
    const items = Array.from({ length: 40 }, item);
    const answers = Promise.all(items.map((one) => commits.submit(one)));
    await commits.idle();
    expect(await stored(items)).toBe(40);
    await answers;
    expect(Math.max(...commits.sizes)).toBeLessThanOrEqual(7);
  });
});

describe("large items", () => {
  const megabyte = 1024 * 1024;

  it("make statements of 16 MB at most, and one that is larger goes alone", async () => {
    const commits = group({ sizeOf: ({ id }) => (id % 50 === 0 ? 40 : 1) * megabyte });
    const items = Array.from({ length: 100 }, item);
    await Promise.all(items.map((one) => commits.submit(one)));
    expect(await stored(items)).toBe(100);
    expect(Math.max(...commits.sizes)).toBeLessThanOrEqual(16);
    expect(commits.sizes).toContain(1);
  });

  it("are refused once a quarter of a gigabyte waits", async () => {
    const door = gate();
    const commits = group({ sizeOf: () => megabyte, before: () => door.passed });
    const all = Promise.allSettled(Array.from({ length: 400 }, () => commits.submit(item())));
    door.open();
    const refused = (await all).filter((outcome) => outcome.status === "rejected");
    expect(refused.length).toBeGreaterThan(100);
    expect(refused[0]).toMatchObject({ reason: { name: "Unavailable" } });
  });
});

describe("a poisonous item", () => {
  it("fails alone, wherever it stands", async () => {
    const commits = group();
    const items = Array.from({ length: 30 }, item);
    const poison = items.map((one, i) => (i === 0 || i === 13 || i === 29 ? { ...one, by: "a\0b" } : one));
    const outcomes = await Promise.allSettled(poison.map((one) => commits.submit(one)));
    expect(outcomes.map((outcome, i) => (outcome.status === "rejected" ? i : -1)).filter((i) => i >= 0)).toEqual([0, 13, 29]);
    expect(await stored(items)).toBe(27);
    const after = item();
    expect(await commits.submit(after)).toBe(after.id);
  });

  it("that gets no answer is told so, and one that gets an error keeps it to itself", async () => {
    const commits = groupCommit<number, number>({
      writer: db.writer(),
      run: async (_, items) => items.slice(0, 2).map((n) => (n === 1 ? new Error("not this one") : n)),
    });
    const outcomes = await Promise.allSettled([1, 2, 3].map((n) => commits.submit(n)));
    expect(outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : String(outcome.reason)))).toEqual([
      "Error: not this one",
      2,
      "Error: group commit: an item got no result",
    ]);
  });
});

describe("a lost connection", () => {
  it("before the statement is survived: the same items are committed on a new one", async () => {
    const writer = db.writer();
    let kills = 0;
    const commits = group({
      writer,
      async before() {
        if (kills >= 5) return;
        kills += 1;
        // A backend that ends itself answers with the end of the connection; one that is ended by another may still get a statement through.
        await writer.query("select pg_terminate_backend(pg_backend_pid())");
      },
    });
    const items = Array.from({ length: 50 }, item);
    expect(await Promise.all(items.map((one) => commits.submit(one)))).toHaveLength(50);
    expect(kills).toBe(5);
    expect(await stored(items)).toBe(50);
  });

  it("again and again under load loses nothing that was answered", async () => {
    const writer = db.writer();
    let pid = 0;
    const commits = group({
      writer,
      maxBatch: 10,
      async before() {
        [{ pid } = { pid }] = await writer.query<{ pid: number }>("select pg_backend_pid() as pid");
      },
    });
    const items = Array.from({ length: 600 }, item);
    let kills = 0;
    let isDone = false;
    const killing = (async () => {
      while (!isDone && kills < 20) {
        const [row] = await db.query<{ killed: boolean }>("select pg_terminate_backend($1) as killed", [pid]);
        if (row?.killed === true) kills += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const answers = await Promise.all(items.map((one) => commits.submit(one)));
    isDone = true;
    await killing;
    expect(kills).toBeGreaterThan(3);
    expect(answers).toEqual(items.map((one) => one.id));
    expect(await stored(items)).toBe(600);
  });
});

describe("too many at once", () => {
  it("are refused rather than queued without end", async () => {
    let open = () => {};
    const door = new Promise<void>((resolve) => {
      open = resolve;
    });
    const commits = groupCommit<number, number>({ writer: db.writer(), run: async (_, items) => door.then(() => [...items]) });
    const all = Promise.allSettled(Array.from({ length: 50_501 }, (_, n) => commits.submit(n + 1)));
    open();
    const refused = (await all).filter((outcome) => outcome.status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ reason: { name: "Unavailable" } });
  });
});
