import { describe, expect, it, vi } from "vitest";
import { manifestOf, until, type TestNode } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { decodePacket } from "@/lib/values/packet";
import type { TaskManifest } from "@/lib/contracts/task";
import { deploy } from "../versions/deploy";
import { getRunDetail, listRuns } from "../reads/runs";
import { getSchedule, listSchedules, listTicks } from "../reads/schedules";
import { createSchedule, deleteSchedule, setScheduleActive, updateSchedule } from "./schedule";
import { fireSchedule, runScheduleNow } from "./fire-schedule";

const suite = engineSuite();
const { node, crash } = suite;
const patient = { timeout: 20_000, interval: 10 };
/** A tick a year, so that none comes by itself while a test runs. */
const yearly = "0 0 1 1 *";
const year = 366 * 86_400_000;

type Schedule = NonNullable<TaskManifest["schedule"]>;
const declares = (schedule?: Schedule, id = "nightly") =>
  manifestOf([{ id, isScheduled: true, ...(schedule && { schedule }) }, { id: "plain" }]);
const tasks = { nightly: async () => 1, plain: async () => 1 };
const byTest = { createdBy: "test" };
const mine = { task: "nightly", cron: yearly, deduplicationKey: "mine" };

async function declared(n: TestNode) {
  const { schedules } = await listSchedules(suite.db, n.engine.env.id, { page: 1, perPage: 100 });
  return schedules.filter((one) => one.type === "DECLARATIVE");
}
/** As if so much time had gone by: the tick that was to come has come. */
async function pass(id: string, ms: number): Promise<string> {
  const [row] = await suite.db.query<{ next_tick: string }>(
    "update schedule set next_tick = next_tick - $2 * interval '1 ms', due_at = due_at - $2 * interval '1 ms' where id = $1 returning next_tick",
    [id, ms],
  );
  await suite.db.query("update run_timer set due_at = due_at - $2 * interval '1 ms' where kind = 'schedule' and ref = $1", [id, ms]);
  return row?.next_tick ?? "";
}
const runsOf = async (n: TestNode) => (await listRuns(suite.db, n.engine.env.id, { limit: 100 })).rows;
const ticksOf = async (id: string) => (await listTicks(suite.db, [id], 100)).get(id) ?? [];
async function fired(id: string, count: number) {
  await vi.waitFor(async () => expect(await ticksOf(id)).toHaveLength(count), patient);
  return ticksOf(id);
}
const payloadOf = async (n: TestNode, runId: string) => {
  const run = await getRunDetail(suite.db, n.engine.env.id, runId);
  return decodePacket({ data: run?.payload ?? null, dataType: run?.payloadType ?? "" });
};

describe("a tick", () => {
  it("makes one run, created at the tick, with the payload that its task is made for", async () => {
    const n = await node(tasks, { manifest: declares({ cron: yearly, timezone: "Europe/Vienna" }) });
    const [schedule] = await declared(n);
    if (schedule?.nextTick === undefined) throw new Error("nothing declared");
    expect(schedule).toMatchObject({
      type: "DECLARATIVE",
      task: "nightly",
      timezone: "Europe/Vienna",
      active: true,
      description: "At 12:00 AM, on day 1 of the month, only in January",
      dueAt: schedule.nextTick,
    });
    const first = await pass(schedule.id, year);
    const [tick] = await fired(schedule.id, 1);
    expect(tick).toEqual({ tick: first, at: expect.any(String), runId: expect.stringMatching(/^run_/) });
    const run = await until(n, tick?.runId ?? "");
    expect(run).toMatchObject({ status: "COMPLETED", task: "nightly", createdAt: first, scheduleId: schedule.id, isTest: false });
    const next = new Date(schedule.nextTick).getUTCFullYear();
    expect(await payloadOf(n, run.id)).toEqual({
      type: "DECLARATIVE",
      scheduleId: schedule.id,
      timestamp: new Date(first),
      lastTimestamp: undefined,
      externalId: undefined,
      timezone: "Europe/Vienna",
      upcoming: Array.from({ length: 10 }, (_, index) => new Date(`${next + index}-12-31T23:00:00.000Z`)),
    });
    expect(await getSchedule(suite.db, n.engine.env.id, schedule.id)).toMatchObject({ nextTick: schedule.nextTick, lastTick: first });
    // The next one knows of it. Moved by less, so that it is another tick.
    const second = await pass(schedule.id, year - 1);
    const [later] = await fired(schedule.id, 2);
    expect(await payloadOf(n, later?.runId ?? "")).toMatchObject({ timestamp: new Date(second), lastTimestamp: new Date(first) });
  });

  it("is fired by one of several nodes and of several calls", async () => {
    const one = await node(tasks, { manifest: declares(), sole: false });
    const two = await node(tasks, { manifest: declares(), sole: false });
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, index) => createSchedule(one.engine, { ...mine, deduplicationKey: String(index) }, byTest)),
    );
    for (const { id } of made) await pass(id, year);
    await Promise.all(made.flatMap(({ id }) => [one, two, one].map((n) => fireSchedule(n.engine, id))));
    for (const { id } of made) expect(await ticksOf(id)).toHaveLength(1);
    expect(await runsOf(one)).toHaveLength(20);
    for (const run of await runsOf(one))
      await vi.waitFor(async () => expect((await getRunDetail(suite.db, "env_1", run.id))?.status).toBe("COMPLETED"), patient);
  });

  it("that is done is not done again when the database's clock is set back", async () => {
    const n = await node(tasks, { manifest: declares() });
    const { id, nextTick } = await createSchedule(n.engine, mine, byTest);
    await pass(id, year);
    await fired(id, 1);
    await pass(id, year);
    await vi.waitFor(async () => expect((await getSchedule(suite.db, "env_1", id))?.nextTick).toBe(nextTick), patient);
    expect(await ticksOf(id)).toHaveLength(1);
    expect(await runsOf(n)).toHaveLength(1);
  });

  it.each([
    ["makes one run", "prod", { runId: expect.any(String) }],
    ["makes none on a server for development", "dev", { skipped: "The development server was not running." }],
  ] as const)("of many that came while no server was up %s", async (_, environment, became) => {
    const one = await node(tasks, { manifest: declares({ cron: yearly }), environment });
    const [schedule] = await declared(one);
    if (schedule?.nextTick === undefined) throw new Error("nothing declared");
    await crash(one);
    const missed = await pass(schedule.id, 5 * year);
    const two = await node(tasks, { manifest: declares({ cron: yearly }), environment });
    const [tick] = await fired(schedule.id, 1);
    expect(tick).toEqual({ tick: missed, at: expect.any(String), ...became });
    const after = await getSchedule(suite.db, two.engine.env.id, schedule.id);
    expect(after?.nextTick).toBe(schedule.nextTick);
    expect(after?.lastTick).toBe(environment === "prod" ? missed : undefined);
    if (tick?.runId !== undefined) await until(two, tick.runId);
    await crash(two);
  });

  it("is skipped, and said so, when its task is not in the current version; while the disk is full it waits", async () => {
    const n = await node(tasks, { manifest: declares() });
    const { id } = await createSchedule(n.engine, mine, byTest);
    n.engine.readOnlyReason = "The disk is full.";
    await pass(id, year);
    await fireSchedule(n.engine, id);
    expect(await ticksOf(id)).toEqual([]);
    n.engine.readOnlyReason = null;
    const [kept] = await fired(id, 1);
    expect(kept?.runId).toBeDefined();
    await deploy(n.engine, { contentHash: "without it", bundle: "test", manifest: manifestOf([{ id: "plain" }]) });
    await pass(id, year - 1);
    const [skipped] = await fired(id, 2);
    expect(skipped?.skipped).toContain('"nightly" is not in the current version');
    expect(await getSchedule(suite.db, "env_1", id)).toMatchObject({ lastTick: kept?.tick, nextTick: expect.any(String) });
  });

  it("comes later within a window, and its run says the cron's time", async () => {
    const n = await node(tasks, { manifest: declares() });
    const made = await createSchedule(n.engine, { ...mine, window: "50%" }, byTest);
    const late = Date.parse(made.dueAt ?? "") - Date.parse(made.nextTick ?? "");
    expect(late).toBeGreaterThan(0);
    expect(late).toBeLessThan(year / 2);
    const tick = await pass(made.id, year);
    // As it may be that the tick is over and its time in the window is not, the run's time is set too.
    await suite.db.query("update schedule set due_at = least(due_at, now()) where id = $1", [made.id]);
    await suite.db.query("update run_timer set due_at = least(due_at, now()) where ref = $1", [made.id]);
    const [first] = await fired(made.id, 1);
    expect(await getRunDetail(suite.db, "env_1", first?.runId ?? "")).toMatchObject({ createdAt: tick });
    expect(await payloadOf(n, first?.runId ?? "")).toMatchObject({ timestamp: new Date(tick) });
  });
});

describe("declared schedules", () => {
  it("follow the version: kept with their next tick while they say the same, changed, and removed", async () => {
    const n = await node(tasks, { manifest: declares({ cron: yearly, window: "10m" }) });
    const [first] = await declared(n);
    await suite.db.query("update schedule set next_tick = next_tick + interval '7 s' where id = $1", [first?.id]);
    const same = manifestOf([...declares({ cron: yearly, window: "10m" }).tasks, { id: "other" }]);
    await deploy(n.engine, { contentHash: "same", bundle: "test", manifest: same });
    const [kept] = await declared(n);
    expect(kept?.nextTick).toBe(new Date(Date.parse(first?.nextTick ?? "") + 7000).toISOString());
    await deploy(n.engine, { contentHash: "moved", bundle: "test", manifest: declares({ cron: "30 5 * * *", timezone: "Asia/Tokyo" }) });
    const [moved] = await declared(n);
    expect(moved).toMatchObject({
      id: first?.id,
      cron: "30 5 * * *",
      timezone: "Asia/Tokyo",
      nextTick: expect.stringContaining("T20:30:00.000Z"),
    });
    expect(moved?.window).toBeUndefined();
    await deploy(n.engine, { contentHash: "gone", bundle: "test", manifest: declares() });
    expect(await declared(n)).toEqual([]);
  });

  it("are those of their environments, and cannot be changed or deleted by hand", async () => {
    const n = await node(tasks, { manifest: declares({ cron: yearly, environments: ["DEVELOPMENT", "STAGING"] }) });
    expect(await declared(n)).toEqual([]);
    await deploy(n.engine, { contentHash: "here", bundle: "test", manifest: declares({ cron: yearly, environments: ["PRODUCTION"] }) });
    const [schedule] = await declared(n);
    const id = schedule?.id ?? "";
    await expect(updateSchedule(n.engine, id, mine)).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining("declarative"),
    });
    await expect(deleteSchedule(n.engine, id)).rejects.toMatchObject({ status: 422, message: expect.stringContaining("declarative") });
    // As the published API: it may be stopped, and a deploy leaves it so.
    expect((await setScheduleActive(n.engine, id, "inactive")).nextTick).toBeUndefined();
    await deploy(n.engine, { contentHash: "again", bundle: "test", manifest: declares({ cron: "5 * * * *" }) });
    expect((await declared(n))[0]).toMatchObject({ cron: "5 * * * *", active: false });
  });
});

describe("schedules made by hand", () => {
  it("have one name in their environment: the same key changes the one that there is, and none of another environment", async () => {
    const n = await node(tasks, { manifest: declares() });
    const made = await createSchedule(n.engine, { ...mine, externalId: "ada" }, byTest);
    await suite.db.query("update schedule set next_tick = next_tick + interval '7 s' where id = $1", [made.id]);
    const same = await createSchedule(n.engine, { ...mine, externalId: "bob" }, byTest);
    expect(same).toMatchObject({ id: made.id, externalId: "bob", createdBy: "test" });
    expect(same.nextTick).not.toBe(made.nextTick);
    const moved = await createSchedule(n.engine, { ...mine, cron: "0 0 2 1 *" }, byTest);
    expect(moved).toMatchObject({ id: made.id, cron: "0 0 2 1 *", nextTick: expect.stringContaining("-01-02T00:00:00.000Z") });
    expect(moved.externalId).toBeUndefined();
    const dev = await node(tasks, { manifest: declares(), environment: "dev" });
    expect((await createSchedule(dev.engine, { ...mine, cron: "0 0 3 1 *" }, byTest)).id).not.toBe(made.id);
    expect(await getSchedule(suite.db, "env_1", made.id)).toMatchObject({ cron: "0 0 2 1 *" });
    expect(await suite.db.query("select env_id from run_timer where ref = $1", [made.id])).toEqual([{ env_id: "env_1" }]);
    // An empty key is none.
    const two = await Promise.all([1, 2].map(() => createSchedule(n.engine, { ...mine, deduplicationKey: "" }, byTest)));
    expect(new Set(two.map(({ id }) => id)).size).toBe(2);
  });

  it("are made once by the tries of one request, and by two at once with one key", async () => {
    const n = await node(tasks, { manifest: declares() });
    const tries = await Promise.all(
      [1, 2, 3].map(() => createSchedule(n.engine, { ...mine, deduplicationKey: "" }, { ...byTest, requestKey: "request" })),
    );
    expect(new Set(tries.map(({ id }) => id)).size).toBe(1);
    const both = await Promise.all([1, 2, 3, 4].map(() => createSchedule(n.engine, mine, byTest)));
    expect(new Set(both.map(({ id }) => id)).size).toBe(1);
  });

  it("rest while they are inactive, go on with the next tick, and leave their runs behind when they are deleted", async () => {
    const n = await node(tasks, { manifest: declares() });
    const { id, nextTick } = await createSchedule(n.engine, mine, byTest);
    await pass(id, year);
    const [tick] = await fired(id, 1);
    expect(await setScheduleActive(n.engine, id, "inactive")).not.toHaveProperty("nextTick");
    expect(await suite.db.query("select 1 from run_timer where ref = $1", [id])).toEqual([]);
    await fireSchedule(n.engine, id);
    expect(await ticksOf(id)).toHaveLength(1);
    expect(await setScheduleActive(n.engine, id, "active")).toMatchObject({ nextTick, lastTick: tick?.tick });
    await deleteSchedule(n.engine, id);
    await expect(deleteSchedule(n.engine, id)).rejects.toMatchObject({ status: 404 });
    expect(await until(n, tick?.runId ?? "")).toMatchObject({ status: "COMPLETED", scheduleId: id });
  });

  it("are run out of turn with the payload of a tick, which changes nothing of their turns", async () => {
    const n = await node(tasks, { manifest: declares() });
    const made = await createSchedule(n.engine, { ...mine, externalId: "ada" }, byTest);
    const { id: runId } = await runScheduleNow(n.engine, made.id, "ada@example.com");
    expect(await until(n, runId)).toMatchObject({ status: "COMPLETED", scheduleId: made.id });
    expect(await payloadOf(n, runId)).toMatchObject({
      scheduleId: made.id,
      type: "IMPERATIVE",
      externalId: "ada",
      timestamp: expect.any(Date),
      upcoming: expect.arrayContaining([new Date(made.nextTick ?? "")]),
    });
    expect(await getSchedule(suite.db, "env_1", made.id)).toEqual(made);
    expect(await ticksOf(made.id)).toEqual([expect.objectContaining({ runId, by: "ada@example.com" })]);
  });

  it.each([
    ["cron", { cron: "61 * * * *" }, "Invalid cron expression"],
    ["cron", { cron: "* * * * * *" }, "seconds are not supported"],
    ["timezone", { timezone: "Mars/Base" }, "Invalid IANA timezone"],
    ["task", { task: "nobody" }, "Scheduled tasks: nightly"],
    ["task", { task: "plain" }, "is not a scheduled task"],
    ["deduplicationKey", { deduplicationKey: "a\0b" }, "NUL"],
    ["externalId", { externalId: "\ud800" }, "surrogates"],
  ])("are refused when the %s is wrong: %j", async (param, wrong, message) => {
    const n = await node(tasks, { manifest: declares() });
    await expect(createSchedule(n.engine, { ...mine, ...wrong }, byTest)).rejects.toMatchObject({
      status: 422,
      param,
      message: expect.stringContaining(message),
    });
    expect((await listSchedules(suite.db, "env_1", { page: 1, perPage: 10 })).count).toBe(0);
  });
});
