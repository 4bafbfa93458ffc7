import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { start, until, type TestNode } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { AlertCondition } from "@/lib/contracts/alerts";
import { createVault } from "../../db/keys";
import { createChannel, deleteChannel } from "./channels";
import { claimDeliveries, closeDelivery } from "./deliveries";
import { evaluateRules } from "./evaluate";
import { measure, preview } from "./measure";
import { acknowledgeRule, createRule, findRule, listEvents, listRules, muteRule, updateRule } from "./rules";
import { slide, Window, type Cell } from "./sliding";

const suite = engineSuite();
const vault = createVault(Buffer.alloc(32, 7));
const condition = (given: object) => AlertCondition.parse({ measure: "failures", bound: 1, windowMinutes: 15, ...given });

async function environment(): Promise<TestNode> {
  const n = await suite.node({ good: async () => null, bad: async () => Promise.reject(new Error("no")), idle: async () => null });
  await suite.db.query("insert into project (id, ref, name) values ('proj', 'proj_test', 'Test') on conflict do nothing");
  await suite.db.query(
    "insert into environment (id, project_id, slug, type) values ('env_1', 'proj', 'prod', 'PRODUCTION') on conflict do nothing",
  );
  return n;
}
async function run(n: TestNode, task: string, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) await until(n, (await start(n, task)).id);
}
const webhook = (n: TestNode, name = "hook") =>
  createChannel(n.engine, vault, {
    name,
    target: { kind: "webhook", url: "https://example.com/secret-path", secret: "whsec_0123456789abcdef" },
    by: "ada",
  });
const slack = (n: TestNode) =>
  createChannel(n.engine, vault, {
    name: "chat",
    target: { kind: "slack", url: "https://hooks.example.com/services/T/B/s3cret" },
    by: "ada",
  });
/** What was counted is of an hour ago. */
const anHourLater = () => suite.db.query("update run_stat set minute = minute - interval '1 hour'");

describe("a rule", () => {
  it("fires when its measure goes beyond the bound and is resolved when it comes back, once each, and tells its channels", async () => {
    const n = await environment();
    const channels = [(await webhook(n)).id, (await slack(n)).id];
    const { id } = await createRule(n.engine, { name: "Failing", condition: condition({ task: ["bad"] }), channels }, "ada");
    await run(n, "bad", 1);
    await evaluateRules(n.engine);
    expect(await findRule(n.engine, id)).toMatchObject({ state: "ok", value: 1, evaluatedAt: expect.any(String) });
    await run(n, "bad", 1);
    await Promise.all([evaluateRules(n.engine), evaluateRules(n.engine)]);
    expect(await findRule(n.engine, id)).toMatchObject({ state: "firing", value: 2 });
    expect((await claimDeliveries(n.engine)).map(({ event, channel }) => [event.kind, event.value, channel.id])).toEqual(
      expect.arrayContaining(channels.map((channel) => ["firing", 2, channel])),
    );
    expect(await acknowledgeRule(n.engine, id, "bo")).toMatchObject({ acknowledgedBy: "bo", acknowledgedAt: expect.any(String) });
    await anHourLater();
    await evaluateRules(n.engine);
    expect(await findRule(n.engine, id)).toMatchObject({ state: "ok", value: 0 });
    expect((await findRule(n.engine, id)).acknowledgedBy).toBeUndefined();
    await expect(acknowledgeRule(n.engine, id, "bo")).rejects.toMatchObject({ status: 409 });
    const events = await listEvents(n.engine);
    expect(events.map(({ kind, value, deliveries }) => [kind, value, deliveries.length])).toEqual([
      ["resolved", 0, 1],
      ["firing", 2, 2],
    ]);
  });

  it("that is muted is recorded and told to nobody", async () => {
    const n = await environment();
    const { id } = await createRule(
      n.engine,
      { name: "Failing", condition: condition({ bound: 0 }), channels: [(await webhook(n)).id] },
      "ada",
    );
    await muteRule(n.engine, id, new Date(Date.now() + 3_600_000).toISOString());
    await run(n, "bad", 1);
    await evaluateRules(n.engine);
    expect(await findRule(n.engine, id)).toMatchObject({ state: "firing", mutedUntil: expect.any(String) });
    expect(await listEvents(n.engine)).toMatchObject([{ kind: "firing", muted: true, deliveries: [] }]);
    expect((await muteRule(n.engine, id, null)).mutedUntil).toBeUndefined();
  });

  it("with another condition begins anew; one without its channel goes on", async () => {
    const n = await environment();
    const channel = await webhook(n);
    const { id } = await createRule(n.engine, { name: "Failing", condition: condition({ bound: 0 }), channels: [channel.id] }, "ada");
    await run(n, "bad", 1);
    await evaluateRules(n.engine);
    expect(await updateRule(n.engine, id, { name: "Renamed", condition: condition({ bound: 0 }), channels: [channel.id] })).toMatchObject({
      name: "Renamed",
      state: "firing",
    });
    expect(await updateRule(n.engine, id, { name: "Renamed", condition: condition({ bound: 5 }), channels: [channel.id] })).toMatchObject({
      state: "ok",
      value: null,
    });
    await deleteChannel(n.engine, channel.id);
    expect((await listRules(n.engine))[0]?.channels).toEqual([]);
    await expect(createRule(n.engine, { name: "Lost", condition: condition({}), channels: [channel.id] }, "ada")).rejects.toMatchObject({
      status: 400,
    });
  });
});

describe("a delivery", () => {
  it("is leased to one, sent again when it was refused or its sender died, and given up in the end", async () => {
    const n = await environment();
    await createRule(n.engine, { name: "Failing", condition: condition({ bound: 0 }), channels: [(await webhook(n)).id] }, "ada");
    await run(n, "bad", 1);
    await evaluateRules(n.engine);
    const [first] = await claimDeliveries(n.engine);
    if (first === undefined) throw new Error("nothing to deliver");
    expect(await claimDeliveries(n.engine)).toEqual([]);
    // Its sender died: the lease runs out.
    await suite.db.query("update alert_delivery set leased_until = now() - interval '1 second'");
    const [second] = await claimDeliveries(n.engine);
    expect(second).toMatchObject({ id: first.id, attempts: 2, event: first.event });
    await closeDelivery(n.engine, { ...first, attempts: 2 }, "The receiver answered 500");
    expect(await claimDeliveries(n.engine)).toEqual([]);
    await suite.db.query("update alert_delivery set due_at = now()");
    const [third] = await claimDeliveries(n.engine);
    expect(third).toMatchObject({ id: first.id, attempts: 3 });
    await closeDelivery(n.engine, { ...first, attempts: 12 }, "The receiver answered 500");
    expect((await listEvents(n.engine))[0]?.deliveries).toMatchObject([{ state: "failed", error: "The receiver answered 500" }]);
  });

  it("finds what it needs sealed: nothing in the table tells a secret", async () => {
    const n = await environment();
    await webhook(n);
    await slack(n);
    const stored = await suite.db.query<{ row: string }>(
      "select (to_jsonb(c) || jsonb_build_object('sealed', encode(c.sealed, 'escape')))::text as row from alert_channel c",
    );
    for (const { row } of stored) expect(row).not.toMatch(/secret-path|s3cret|whsec/);
  });
});

describe("measures", () => {
  it("tell failures, rates, durations, waits and silence apart, and count only what is asked for", async () => {
    const n = await environment();
    await run(n, "good", 3);
    await run(n, "bad", 1);
    await suite.db.query("update run_stat set bucket = 24 where task = 'good' and status = 'COMPLETED'");
    await suite.db.query(
      "update run set created_at = created_at - interval '10 seconds', queued_at = queued_at - interval '10 seconds' where task = 'good'",
    );
    const now = (given: object) => measure(suite.db, "env_1", condition(given), new Date());
    expect(await now({ measure: "failures" })).toBe(1);
    expect(await now({ measure: "ends" })).toBe(4);
    expect(await now({ measure: "ends", queue: ["task/good"] })).toBe(3);
    expect(await now({ measure: "rate", windowMinutes: 5 })).toBe(0.8);
    expect(await now({ measure: "failureRate" })).toBe(25);
    expect(await now({ measure: "failureRate", task: ["idle"] })).toBeNull();
    expect(await now({ measure: "duration", percentile: 50 })).toBeGreaterThan(4_000);
    expect(await now({ measure: "wait", percentile: 95, task: ["good"] })).toBeGreaterThan(8_000);
    expect(await now({ measure: "wait", percentile: 95, task: ["bad"] })).toBeLessThan(8_000);
    expect(await now({ measure: "silence", task: ["idle"] })).toBe(0);
    expect(await now({ measure: "silence", task: ["good"] })).toBe(3);
  });

  it("over 30 days say when a rule would have fired, from when anything is known", async () => {
    const n = await environment();
    expect(await preview(suite.db, "env_1", condition({}), new Date())).toEqual({
      stepMinutes: 5,
      points: [],
      firings: 0,
      from: null,
      isPart: false,
    });
    await run(n, "bad", 1);
    await suite.db.query(
      `insert into run_stat (env_id, minute, task, queue, status, bucket, count)
       select 'env_1', date_trunc('minute', now()) - ago * interval '1 hour', 'bad', 'task/bad', 'FAILED', 0, 4 from unnest(array[20, 10, 400]) as ago`,
    );
    const shown = await preview(suite.db, "env_1", condition({ bound: 3 }), new Date());
    expect(shown.firings).toBe(3);
    expect(Date.now() - Date.parse(shown.from ?? "")).toBeGreaterThan(399 * 3_600_000);
    expect(shown.points.length).toBeLessThanOrEqual(360);
    expect(shown.points.filter(({ firing }) => firing).every(({ value }) => value === 4)).toBe(true);
    expect((await preview(suite.db, "env_1", condition({ bound: 4 }), new Date())).firings).toBe(0);
    // No run has been counted there.
    await suite.db.query("delete from run_stat where minute < now() - interval '1 hour'");
  });
});

it("a window that slides holds what one made anew would hold", () => {
  const cell = fc.record({
    slot: fc.nat(40),
    status: fc.constantFrom("created", "started", "COMPLETED", "FAILED", "CANCELED") as fc.Arbitrary<Cell["status"]>,
    bucket: fc.nat(20),
    n: fc.integer({ min: 1, max: 9 }),
  });
  const kinds = fc.constantFrom("failures", "ends", "rate", "failureRate", "duration", "wait", "silence");
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 60 }), kinds, fc.integer({ min: 1, max: 12 }), (cells, kind, width) => {
      const asked = condition({ measure: kind });
      for (const { slot, value } of slide(asked, cells, { slots: 41, width })) {
        const anew = new Window();
        anew.add(
          cells.filter((one) => one.slot > slot - width && one.slot <= slot),
          1,
        );
        expect(value).toBe(anew.value(asked));
      }
    }),
  );
});
