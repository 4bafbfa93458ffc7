import { describe, expect, it } from "vitest";
import { memoryPackets, start, until, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { ensurePartitions } from "../../db/partitions";
import { addBatchItems, createBatch, sealBatch } from "../batches/batch";
import { cancelRun } from "../running/cancel-run";
import { getBatch } from "../reads/batches";
import { getRunDetail } from "../reads/runs";
import { retain } from "./retention";
import { appendChunks } from "../telling/stream";
import { completeToken, createToken } from "../waiting/token";

const suite = engineSuite();
const { node } = suite;
const echo: TestTask = async ({ assignment }) => decodePacket(assignment.payload);
const big = "x".repeat(600 * 1024);
/** Makes what is there forty days old. */
async function age(...ids: string[]): Promise<void> {
  const back = "interval '40 days'";
  await suite.db.query(`update run set created_at = created_at - ${back}, finished_at = finished_at - ${back} where id = any($1)`, [ids]);
  await suite.db.query(`update batch set created_at = created_at - ${back}, completed_at = completed_at - ${back} where id = any($1)`, [
    ids,
  ]);
  await suite.db.query(`update waitpoint set created_at = created_at - ${back}, completed_at = completed_at - ${back} where id = any($1)`, [
    ids,
  ]);
}
/** The counters of removed runs are removed by age as well; here they are not old. */
const forgetStats = () => suite.db.query("delete from run_stat");
const rowsOf = async (id: string) => {
  const found: string[] = [];
  for (const table of ["run_data", "run_tag", "stream", "stream_chunk", "run_journal", "idempotency_key"]) {
    if ((await suite.db.query(`select 1 from ${table} where run_id = $1`, [id])).length > 0) found.push(table);
  }
  return found;
};

describe("retention", () => {
  it("removes an old run with everything of it, and leaves the young", async () => {
    const packets = memoryPackets();
    const n = await node({ echo }, { packets });
    const run = await start(n, "echo", big, { tags: ["a"], idempotencyKey: "k", idempotencyKeyTTL: "1s" });
    const young = await start(n, "echo", 1, { tags: ["a"] });
    await until(n, run.id);
    await until(n, young.id);
    const stored = await getRunDetail(suite.db, "env_1", run.id);
    await appendChunks(n.engine, { runId: run.id, key: "s", writer: "w", first: 0, chunks: ["x"] });
    await suite.db.query("update idempotency_key set expires_at = now() - interval '1 s'");
    await age(run.id);
    await retain(n.engine);
    expect(await getRunDetail(suite.db, "env_1", run.id)).toBeNull();
    expect(await rowsOf(run.id)).toEqual([]);
    for (const key of [stored?.payload, stored?.output])
      expect([key?.startsWith(run.id), await packets.get(key ?? "")]).toEqual([true, null]);
    expect(await getRunDetail(suite.db, "env_1", young.id)).not.toBeNull();
    await forgetStats();
    await suite.db.query("delete from run where id = $1", [young.id]);
  });

  it("keeps what is live, however old, and what it hangs on", async () => {
    const n = await node({
      idle: () => new Promise(() => {}),
      spawn: async ({ operate }) => operate({ kind: "trigger", task: "idle", payload: encodePacket(null), options: {} }),
      grand: async ({ operate }) => operate({ kind: "triggerAndWait", task: "spawn", payload: encodePacket(null), options: {} }),
      waits: async ({ operate, assignment }) => operate({ kind: "waitForToken", tokenId: assignment.ctx.run.tags[0] ?? "" }),
      echo,
    });
    const { token } = await createToken(n.engine, {}, {});
    const live = [
      await start(n, "idle"),
      await start(n, "waits", null, { tags: [token.id] }),
      await start(n, "idle", null, { delay: "1h" }),
    ];
    const root = await start(n, "grand");
    await until(n, root.id);
    const spawned = await suite.db.query<{ id: string }>("select id from run where root_id = $1", [root.id]);
    const keyed = await start(n, "echo", 1, { idempotencyKey: "k" });
    await until(n, keyed.id);
    const all = [...live.map((run) => run.id), root.id, keyed.id, ...spawned.map((run) => run.id)];
    await age(...all, token.id);
    await retain(n.engine);
    for (const id of all) expect(await getRunDetail(suite.db, "env_1", id), id).not.toBeNull();
    expect(await start(n, "echo", 1, { idempotencyKey: "k" })).toMatchObject({ id: keyed.id, isCached: true });
    await completeToken(n.engine, token.id, encodePacket("late"), { by: "ada" });
    expect(await until(n, live[1]?.id ?? "")).toMatchObject({ status: "COMPLETED" });
    await cancelRun(n.engine, root.id, { by: "ada" });
  });

  it("removes ended batches and answered tokens that are old, not open ones", async () => {
    const n = await node({ echo });
    const done = await createBatch(n.engine, { runCount: 2 });
    await addBatchItems(
      n.engine,
      done.id,
      [0, 1].map((index) => ({ index, task: "echo", payload: index })),
    );
    await sealBatch(n.engine, done.id);
    const open = await createBatch(n.engine, { runCount: 2 });
    await addBatchItems(n.engine, open.id, [{ index: 0, task: "echo", payload: 0 }]);
    await expect.poll(() => getBatch(suite.db, "env_1", done.id)).toMatchObject({ status: "COMPLETED" });
    const openRun = (await getBatch(suite.db, "env_1", open.id))?.runs[0] ?? "";
    await until(n, openRun);
    const answered = (await createToken(n.engine, {}, {})).token.id;
    const waiting = (await createToken(n.engine, {}, {})).token.id;
    await completeToken(n.engine, answered, encodePacket(big), { by: "ada" });
    await age(done.id, open.id, answered, waiting, openRun, ...((await getBatch(suite.db, "env_1", done.id))?.runs ?? []));
    await retain(n.engine);
    expect(await getBatch(suite.db, "env_1", done.id)).toBeNull();
    expect(await suite.db.query("select distinct batch_id as id from batch_item")).toEqual([{ id: open.id }]);
    expect(await suite.db.query("select id from waitpoint")).toEqual([{ id: waiting }]);
    expect(await getRunDetail(suite.db, "env_1", openRun)).not.toBeNull();
    await forgetStats();
    await suite.db.query(
      "insert into run_stat (env_id, minute, task, queue, status, bucket, count) values ('env_1', now(), 'echo', 'task/echo', 'created', 0, 1), ('env_1', now(), 'echo', 'task/echo', 'COMPLETED', 0, 1)",
    );
  });

  it("drops events by the day, and none that a live run of that day may need", async () => {
    const n = await node({ echo, idle: () => new Promise(() => {}) });
    const day = new Date(Date.now() - 40 * 86_400_000);
    const name = `run_event_${day.toISOString().slice(0, 10).replaceAll("-", "")}`;
    await ensurePartitions(suite.db.query, day);
    const exists = async () => (await suite.db.query("select 1 from pg_class where relname = $1", [name])).length === 1;
    const { id } = await start(n, "idle");
    await until(n, id, "EXECUTING");
    await age(id);
    await retain(n.engine);
    expect(await exists()).toBe(true);
    await cancelRun(n.engine, id, { by: "ada" });
    await retain(n.engine);
    expect(await exists()).toBe(false);
  });

  it("removes thousands in small statements while runs go on", async () => {
    const n = await node({ echo });
    await suite.db.query(
      `insert into run (id, env_id, task, status, queue, version, created_at, finished_at) select 'run_old' || i, 'env_1', 'echo', 'COMPLETED', 'task/echo', 0, now() - interval '40 days', now() - interval '40 days' from generate_series(1, 3500) i`,
    );
    const [, ...runs] = await Promise.all([retain(n.engine), ...Array.from({ length: 50 }, () => start(n, "echo", 1))]);
    for (const run of runs) expect((await until(n, run.id)).status).toBe("COMPLETED");
    expect(await suite.db.query("select count(*) as n from run")).toEqual([{ n: 50 }]);
  });
});
