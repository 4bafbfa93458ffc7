import { expect, it } from "vitest";
import { manifestOf, RetryLater, start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { getError, getErrorDetail, listErrors } from "../reads/errors";
import { listRuns } from "../reads/runs";
import { deploy } from "../versions/deploy";
import { ignoreError, reopenError, resolveError } from "./error-state";
import { errorIdOf } from "./error-id";

const suite = engineSuite();
const { node } = suite;
const failing: TestTask = async ({ assignment }) => {
  throw new Error(`user ${assignment.runId} has no mail`);
};
const tasks = { mail: failing, fine: async () => 1 };
const by = { by: "ada" };

const idOf = (task: string, runId: string) =>
  errorIdOf(task, { type: "BUILT_IN_ERROR", name: "Error", message: `user ${runId} has no mail`, stackTrace: "" });
async function read(n: TestNode, id: string) {
  const group = await getError(n.engine.db, n.engine.env.id, id);
  if (group === null) throw new Error(`no group ${id}`);
  return group;
}
async function fail(n: TestNode, task = "mail", options = {}) {
  const run = await until(n, (await start(n, task, null, options)).id);
  if (run.errorId === undefined) throw new Error("a failed run without a group");
  return run.errorId;
}
let builds = 0;
const deployNew = (n: TestNode) =>
  deploy(n.engine, { contentHash: `build ${builds++}`, bundle: "test", manifest: manifestOf([{ id: "mail" }, { id: "fine" }]) });

it("failures that are the same are one group, whatever way they end; others are another", async () => {
  const n = await node({ ...tasks, other: failing });
  const ids = await Promise.all(Array.from({ length: 30 }, () => fail(n)));
  // With a time to live the end takes the other statement.
  ids.push(await fail(n, "mail", { ttl: "1h" }), await fail(n, "mail", { delay: "1s", tags: ["late"] }));
  const [id = ""] = ids;
  expect(new Set(ids)).toEqual(new Set([id]));
  expect(await read(n, id)).toMatchObject({ id, task: "mail", name: "Error", status: "open", count: 32 });
  expect(await fail(n, "other")).not.toBe(id);
  expect(id).toBe(idOf("mail", "run_000000001abc"));
  const { rows } = await listRuns(n.engine.db, n.engine.env.id, { error: id, limit: 100 });
  expect(rows).toHaveLength(32);
  expect(await until(n, (await start(n, "fine")).id)).not.toHaveProperty("errorId");
});

it("an attempt that is retried is no failure; what ends in one is counted once", async () => {
  let tries = 0;
  const n = await node(
    { mail: async () => (++tries < 3 ? Promise.reject(new RetryLater(0)) : Promise.reject(new Error("at last"))) },
    { manifest: manifestOf([{ id: "mail", retry: { maxAttempts: 5 } }]) },
  );
  const id = await fail(n);
  expect(tries).toBe(3);
  expect(await read(n, id)).toMatchObject({ count: 1, message: "at last" });
});

it("a resolved one comes back as regressed in a newer version, and not by runs of the one before", async () => {
  const n = await node(tasks);
  await deployNew(n);
  const id = await fail(n);
  const old = (await read(n, id)).lastVersion;
  await resolveError(n.engine, id, by);
  await fail(n, "mail", { lockToVersion: old });
  expect(await read(n, id)).toMatchObject({ status: "resolved", count: 2, changedBy: "ada" });
  await deployNew(n);
  await fail(n);
  expect(await read(n, id)).toMatchObject({ status: "regressed", count: 3 });
  await reopenError(n.engine, id, by);
  expect(await read(n, id)).toMatchObject({ status: "open" });
});

it("resolved in a version that is named: seen there, it has come back", async () => {
  const n = await node(tasks);
  const id = await fail(n);
  await resolveError(n.engine, id, { ...by, version: (await read(n, id)).lastVersion });
  await fail(n);
  expect(await read(n, id)).toMatchObject({ status: "regressed" });
});

it("ignored until a time, a count, a rate; or for good", async () => {
  const n = await node(tasks);
  const id = await fail(n);
  await ignoreError(n.engine, id, { ...by, until: { totalOccurrences: 2, reason: "known" } });
  await fail(n);
  expect(await read(n, id)).toMatchObject({ status: "ignored", ignoredReason: "known", ignoredCount: 3 });
  await fail(n);
  expect(await read(n, id)).toMatchObject({ status: "open" });
  await ignoreError(n.engine, id, { ...by, until: { occurrenceRate: 0 } });
  await fail(n);
  expect(await read(n, id)).toMatchObject({ status: "open" });
  await ignoreError(n.engine, id, { ...by, until: { duration: 3_600_000 } });
  await fail(n);
  expect(await read(n, id)).toMatchObject({ status: "ignored" });
  await n.engine.db.query("update error_group set ignored_until = now() - interval '1 s'");
  expect(await read(n, id)).toMatchObject({ status: "open" });
  await ignoreError(n.engine, id, { ...by, until: {} });
  for (let count = 0; count < 3; count++) await fail(n);
  expect(await read(n, id)).toMatchObject({ status: "ignored" });
  await expect(ignoreError(n.engine, "error_none", { ...by, until: {} })).rejects.toMatchObject({ status: 404 });
});

it("is listed with its trend, by state, task, version and words; and told with tags and versions", async () => {
  const n = await node(tasks);
  const id = await fail(n, "mail", { tags: ["a", "b"] });
  await fail(n, "mail", { tags: ["a"] });
  const list = (query: object) => listErrors(n.engine.db, n.engine.env.id, { hours: 24, limit: 10, now: new Date(), ...query });
  const [row] = (await list({})).errors;
  expect(row).toMatchObject({ id, inPeriod: 2 });
  expect(row?.trend).toHaveLength(24);
  expect(row?.trend.at(-1)).toBe(2);
  const version = row?.lastVersion;
  for (const query of [{ status: ["open"] }, { task: ["mail"] }, { version }, { search: "HAS NO" }, {}])
    expect((await list(query)).errors.map((one) => one.id)).toEqual([id]);
  for (const query of [{ status: ["resolved"] }, { task: ["fine"] }, { version: "2000.1" }, { search: "100%_" }])
    expect((await list(query)).errors).toEqual([]);
  await n.engine.db.query("update error_hour set hour = hour - interval '3 hours' where error_id = $1", [id]);
  expect((await list({})).errors[0]?.trend.at(-4)).toBe(2);
  expect(await getErrorDetail(n.engine.db, n.engine.env.id, id, { hours: 24, now: new Date() })).toMatchObject({
    error: { id, count: 2 },
    sample: { type: "BUILT_IN_ERROR" },
    tags: [
      { tag: "a", count: 2 },
      { tag: "b", count: 1 },
    ],
    versions: [{ version, count: 2 }],
  });
});
