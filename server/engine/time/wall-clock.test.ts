import { afterEach, describe, expect, it, vi } from "vitest";
import { start, until, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { createToken } from "../waiting/token";
import { updateMetadata } from "../telling/update-metadata";
import { openDatabaseClock } from "./database-clock";

const suite = engineSuite();
afterEach(() => void vi.useRealTimers());

/** The wall clock of this process alone, as after a wrong time server: the database's goes on as before. */
const setWallClock = (hours: number) => void vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hours * 3_600_000 });

describe.each([1, -1])("a server whose wall clock is set by %i h", (hours) => {
  const waits: TestTask = ({ operate }) => operate({ kind: "waitUntil", date: new Date(Date.now() + 40).toISOString(), durationMs: 40 });
  const asks: TestTask = ({ operate, assignment }) => operate({ kind: "waitForToken", tokenId: assignment.ctx.run.tags[0] ?? "" });

  it("starts delayed runs, ends waits and times tokens out when they are due", async () => {
    const node = await suite.node({ waits, asks });
    setWallClock(hours);
    const delayed = await start(node, "waits", null, { delay: "1s" });
    const { token } = await createToken(node.engine, { timeout: "1s" }, {});
    const asking = await start(node, "asks", null, { tags: [token.id] });
    for (const { id } of [delayed, asking]) expect(await until(node, id)).toMatchObject({ status: "COMPLETED" });
    const [row] = await suite.db.query<{ due: number; late: number }>(
      "select extract(epoch from delay_until - created_at)::float8 as due, extract(epoch from started_at - delay_until)::float8 as late from run where id = $1",
      [delayed.id],
    );
    // Due a second after it was asked for, which may be a while before it was stored; far from the hour by which the clock is wrong.
    expect(Math.abs(row?.due ?? Infinity)).toBeLessThan(60);
    expect(row?.late).toBeGreaterThanOrEqual(0);
    expect(row?.late).toBeLessThan(60);
  });

  it("does not end a long wait, nor expire a run that waits for its turn", async () => {
    const long: TestTask = ({ operate }) =>
      operate({ kind: "waitUntil", date: new Date(Date.now() + 600_000).toISOString(), durationMs: 600_000 });
    const node = await suite.node({ long, waits });
    const waiting = await start(node, "long");
    await until(node, waiting.id, "WAITING");
    node.executor.slots = 0;
    const queued = await start(node, "waits", null, { ttl: "10m" });
    const delayed = await start(node, "waits", null, { delay: "10m" });
    setWallClock(hours);
    const after = await start(node, "waits", null, { delay: "10ms" });
    await until(node, after.id, "QUEUED");
    const rows = await suite.db.query<{ id: string; status: string }>("select id, status from run where id = any($1)", [
      [waiting.id, queued.id, delayed.id],
    ]);
    expect(Object.fromEntries(rows.map((row) => [row.id, row.status]))).toEqual({
      [waiting.id]: "WAITING",
      [queued.id]: "QUEUED",
      [delayed.id]: "DELAYED",
    });
  });

  it("lets the metadata of a run that has just ended be changed", async () => {
    const node = await suite.node({ noop: async () => null });
    const { id } = await start(node, "noop");
    await until(node, id);
    setWallClock(hours);
    await updateMetadata(node.engine, id, { metadata: { late: true } });
    expect(await suite.db.query("select metadata from run_data where run_id = $1", [id])).toEqual([{ metadata: '{"late":true}' }]);
  });
});

it("the database's time goes on evenly between two readings, and follows one that differs", async () => {
  let ahead = 0;
  const clock = await openDatabaseClock(async <Row>() => [{ ms: performance.now() + ahead }] as Row[]); // what the one statement of the clock answers
  const begun = clock.now();
  vi.useFakeTimers({ toFake: ["Date"], now: 0 });
  expect(clock.now() - begun).toBeLessThan(1_000);
  ahead = 3_600_000;
  await clock.read();
  expect(clock.now() - begun).toBeGreaterThanOrEqual(3_600_000);
});
