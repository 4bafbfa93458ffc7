import { describe, expect, it } from "vitest";
import { manifestOf, memoryPackets, start, until, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import type { RunStatus } from "@/lib/contracts/status";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { cancelRun } from "../running/cancel-run";
import { deploy } from "../versions/deploy";
import { getRunDetail, listRuns } from "../reads/runs";
import { replayRun } from "./replay-run";
import { resetIdempotencyKey, trigger } from "./trigger";
import { updateMetadata } from "../telling/update-metadata";

const suite = engineSuite();
const { node, crash } = suite;
const echo: TestTask = async ({ assignment }) => decodePacket(assignment.payload);
const by = { by: "ada" };

describe("a key", () => {
  it.each<[RunStatus, boolean, TestTask]>([
    ["COMPLETED", true, async () => 1],
    ["FAILED", false, () => Promise.reject(new Error("no"))],
  ])("of a %s run is held: %s", async (status, held, task) => {
    const n = await node({ task });
    const first = await start(n, "task", null, { idempotencyKey: "k" });
    expect(await until(n, first.id)).toMatchObject({ status });
    const second = await start(n, "task", null, { idempotencyKey: "k" });
    expect(second).toMatchObject({ isCached: held });
    expect(second.id === first.id).toBe(held);
  });

  it("of a cancelled run is held, of an expired one free", async () => {
    const n = await node({ task: () => new Promise(() => {}) });
    const canceled = await start(n, "task", null, { idempotencyKey: "canceled" });
    await cancelRun(n.engine, canceled.id, by);
    expect(await start(n, "task", null, { idempotencyKey: "canceled" })).toMatchObject({ id: canceled.id, isCached: true });
    n.executor.slots = 0;
    const expired = await start(n, "task", null, { idempotencyKey: "expired", ttl: "20ms" });
    await until(n, expired.id, "EXPIRED");
    expect(await start(n, "task", null, { idempotencyKey: "expired" })).toMatchObject({ isCached: false });
  });

  it("is of one task and one environment", async () => {
    const n = await node({ one: echo, two: echo });
    const first = await start(n, "one", 1, { idempotencyKey: "k" });
    expect(await start(n, "two", 1, { idempotencyKey: "k" })).toMatchObject({ isCached: false });
    await until(n, first.id);
    await crash(n);
    const dev = await node({ one: echo }, { environment: "dev" });
    expect(await start(dev, "one", 1, { idempotencyKey: "k" })).toMatchObject({ isCached: false });
  });

  it("outlives a restart, lapses with its TTL, and can be reset", async () => {
    const one = await node({ task: echo });
    const first = await start(one, "task", 1, { idempotencyKey: "k", idempotencyKeyTTL: "1h" });
    await until(one, first.id);
    await crash(one);
    const two = await node({ task: echo });
    expect(await start(two, "task", 2, { idempotencyKey: "k" })).toMatchObject({ id: first.id, isCached: true });
    await suite.db.query("update idempotency_key set expires_at = now() - interval '1 s'");
    const second = await start(two, "task", 2, { idempotencyKey: "k" });
    expect(second).toMatchObject({ isCached: false });
    expect(await resetIdempotencyKey(two.engine, "task", "k")).toBe(true);
    expect(await resetIdempotencyKey(two.engine, "task", "k")).toBe(false);
    expect(await start(two, "task", 3, { idempotencyKey: "k" })).toMatchObject({ isCached: false });
  });

  it("ignores what else a repeated trigger says, and frees the slot that it took", async () => {
    const n = await node({ task: () => new Promise(() => {}) }, { concurrencyLimit: 2 });
    const first = await start(n, "task", 1, { idempotencyKey: "k" });
    for (let i = 0; i < 10; i += 1)
      expect(await start(n, "task", i, { idempotencyKey: "k", delay: "1h", tags: ["other"] })).toEqual({ id: first.id, isCached: true });
    expect(n.engine.scheduler.running).toBe(1);
    expect((await start(n, "task", 1)).isCached).toBe(false);
    expect(n.executor.held.size).toBe(2);
  });
});

describe("a request id", () => {
  it("answers the same run for each retry of one call, and is of one task", async () => {
    const n = await node({ task: echo, other: echo });
    const call = (task: string) => trigger(n.engine, { task, payload: encodePacket(1), options: {}, requestKey: "request-1" });
    const receipts = await Promise.all(Array.from({ length: 20 }, () => call("task")));
    expect(new Set(receipts.map((receipt) => receipt.id)).size).toBe(1);
    expect(receipts.every((receipt) => !receipt.isCached)).toBe(true);
    expect((await call("other")).id).not.toBe(receipts[0]?.id);
    expect((await listRuns(suite.db, "env_1", { limit: 10 })).rows).toHaveLength(2);
  });

  it("and a one-time token go together: a retry of the call that used it is answered, another call is refused", async () => {
    const n = await node({ task: echo });
    const oneTimeToken = { hash: "h", expiresAt: new Date(Date.now() + 60_000) };
    const call = (requestKey: string) =>
      trigger(n.engine, { task: "task", payload: encodePacket(1), options: {}, requestKey, oneTimeToken });
    const first = await call("a");
    expect(await call("a")).toMatchObject({ id: first.id });
    await expect(call("b")).rejects.toMatchObject({ status: 422, code: "token_used" });
    expect((await listRuns(suite.db, "env_1", { limit: 10 })).rows).toHaveLength(1);
    expect(n.engine.scheduler.starting).toBe(0);
  });

  it("a one-time token is not used up by a trigger that is refused", async () => {
    const n = await node({ task: echo });
    const oneTimeToken = { hash: "h", expiresAt: new Date(Date.now() + 60_000) };
    await expect(
      trigger(n.engine, { task: "task", payload: encodePacket(1), options: { ttl: "soon" }, oneTimeToken }),
    ).rejects.toMatchObject({ status: 422 });
    const uses = await Promise.allSettled(
      Array.from({ length: 50 }, () => trigger(n.engine, { task: "task", payload: encodePacket(1), options: {}, oneTimeToken })),
    );
    expect(uses.filter((use) => use.status === "fulfilled")).toHaveLength(1);
    expect(n.engine.scheduler.starting).toBe(0);
  });
});

describe("a replay", () => {
  const manifest = manifestOf([{ id: "task", queue: "task/task", retry: { maxAttempts: 2 } }], [{ name: "other", concurrencyLimit: null }]);

  it("copies payload, seed metadata, tags, queue, key, machine and test flag; nothing else", async () => {
    const n = await node({ task: echo }, { manifest });
    const payload = { at: new Date(0), text: "a\0b" };
    const options = {
      tags: ["a", "b"],
      metadata: { seed: 1 },
      queue: { name: "other" },
      concurrencyKey: "c",
      machine: "small-2x",
      test: true,
      idempotencyKey: "k",
      ttl: "1h",
      maxAttempts: 1,
      priority: 5,
      region: "eu",
    } as const;
    const first = await until(n, (await start(n, "task", payload, { ...options, tags: [...options.tags] })).id);
    await updateMetadata(n.engine, first.id, { operations: [{ type: "set", key: "later", value: 1 }] });
    const { id } = await replayRun(n.engine, first.id, { body: {}, by: "ada" });
    const again = await until(n, id);
    expect(again).toMatchObject({
      status: "COMPLETED",
      replayOf: first.id,
      tags: ["a", "b"],
      queue: "other",
      concurrencyKey: "c",
      machine: "small-2x",
      isTest: true,
      priority: 0,
      payload: first.payload,
      payloadType: first.payloadType,
    });
    expect(JSON.parse(again.metadata ?? "")).toEqual({ seed: 1 });
    expect(again.idempotencyKey).toBeUndefined();
    expect(again.ttl).toBeUndefined();
    expect(again.maxAttempts).toBe(2);
    expect(decodePacket({ data: again.output, dataType: again.outputType })).toEqual(payload);
    expect(n.executor.assigned.at(-1)?.ctx.run).toMatchObject({ isReplay: true, isTest: true });
    const [stored] = await suite.db.query<{ region: string }>(
      "select options::json ->> 'region' as region from run_data where run_id = $1",
      [id],
    );
    expect(stored?.region).toBe("eu");
  });

  it("takes what is given instead, from a run in any state", async () => {
    const n = await node({ task: () => new Promise(() => {}) }, { manifest });
    n.executor.slots = 0;
    const first = await start(n, "task", 1, { tags: ["a"], delay: "1h" });
    const { id } = await replayRun(n.engine, first.id, {
      body: { payload: { edited: true }, tags: ["b"], priority: 7, delay: "1h", metadata: { m: 2 }, ttl: "5m" },
      by: "ada",
    });
    const again = await getRunDetail(suite.db, "env_1", id);
    expect(again).toMatchObject({
      status: "DELAYED",
      tags: ["b"],
      priority: 7,
      payload: '{"edited":true}',
      ttl: "5m",
      metadata: '{"m":2}',
    });
    await expect(replayRun(n.engine, "run_nowhere", { body: {}, by: "ada" })).rejects.toMatchObject({ status: 404 });
  });

  it("runs on the version and in the region that are asked for, else on the current one", async () => {
    const n = await node({ task: async ({ assignment }) => [assignment.ctx.run.version, assignment.ctx.run.region] }, { manifest });
    const old = n.engine.deployments.current()?.version;
    const first = await until(n, (await start(n, "task", 1, { region: "eu" })).id);
    const { version } = await deploy(n.engine, { contentHash: "later", bundle: "test", manifest });
    const again = await until(n, (await replayRun(n.engine, first.id, { body: {}, by: "ada" })).id);
    const pinned = await until(n, (await replayRun(n.engine, first.id, { body: { version: old, region: "us" }, by: "ada" })).id);
    expect([again, pinned].map((run) => decodePacket({ data: run.output, dataType: run.outputType }))).toEqual([
      [version, "eu"],
      [old, "us"],
    ]);
  });

  it("goes to the task's queue when its own is gone, and carries a large payload over", async () => {
    const packets = memoryPackets();
    const one = await node({ task: echo }, { manifest, packets });
    const big = "x".repeat(600 * 1024);
    const first = await start(one, "task", big, { queue: { name: "other" } });
    await until(one, first.id);
    await crash(one);
    await suite.db.query("delete from queue where name = 'other'");
    const two = await node({ task: echo }, { manifest: manifestOf([{ id: "task" }]), packets });
    const { id } = await replayRun(two.engine, first.id, { body: {}, by: "ada" });
    await packets.remove((await getRunDetail(suite.db, "env_1", first.id))?.payload ?? "");
    const again = await until(two, id);
    expect(again).toMatchObject({ status: "COMPLETED", queue: "task/task" });
    await expect(replayRun(two.engine, first.id, { body: {}, by: "ada" })).rejects.toMatchObject({ status: 422 });
  });
});
