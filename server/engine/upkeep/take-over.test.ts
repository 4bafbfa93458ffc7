import { expect, it } from "vitest";
import { openTestNode, start, until } from "@/test/engine";
import { dyingDatabase } from "@/test/dying-database";
import { engineSuite } from "@/test/engine-suite";
import { openDatabase } from "../../db/database";
import { cancelRun } from "../running/cancel-run";
import { listEvents } from "../reads/run";
import { getRunDetail } from "../reads/runs";
import { sweep } from "./recover";
import { continueRun } from "../waiting/resume";
import { updateMetadata } from "../telling/update-metadata";

const suite = engineSuite();

it("a run that is changed between its claim and its new process has one event for each version", async () => {
  const n = await suite.node({ forever: () => new Promise(() => {}) });
  const { id } = await start(n, "forever");
  await until(n, id, "EXECUTING");
  const claimed = n.engine.live.get(id)?.stored;
  if (claimed === undefined) throw new Error("the run is not live");
  await updateMetadata(n.engine, id, { metadata: { changed: true } });
  n.executor.held.delete(id);
  await continueRun(n.engine, claimed);
  expect(n.executor.assigned.map((assignment) => assignment.epoch)).toEqual([claimed.epoch, claimed.epoch + 1]);
  expect((await listEvents(suite.db, id)).map((event) => [event.version, event.type])).toEqual([
    [1, "created"],
    [2, "started"],
    [3, "metadata"],
  ]);
});

it("a cancel that a dying server commits while another takes its runs over leaves nothing half stopped", async () => {
  const tasks = { forever: () => new Promise<never>(() => {}) };
  const dying = dyingDatabase(suite.db);
  const one = await openTestNode(dying, tasks, { sole: false });
  const { id } = await start(one, "forever");
  await until(one, id, "EXECUTING");
  const two = await suite.node(tasks, { sole: false });
  await suite.db.query("update node set lease_until = now() - interval '1 s' where id = $1", [one.engine.nodeId]);

  // Both statements have begun, each with the run as it was, when the row is free for them: the cancel comes first.
  const holder = openDatabase({ url: suite.url });
  let swept = false;
  let sweeping: Promise<void> | undefined;
  await holder.transaction(async (query) => {
    await query("select from run where id = $1 for update", [id]);
    dying.dieAfter(3);
    void cancelRun(one.engine, id, { by: "ada" });
    const waiting = () =>
      suite.db
        .query<{ n: number }>("select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
        .then(([row]) => row?.n ?? 0);
    await expect.poll(waiting).toBe(1);
    sweeping = sweep(two.engine).then(() => void (swept = true));
    await expect.poll(async () => swept || (await waiting()) === 2).toBe(true);
  });
  await Promise.all([sweeping, dying.died]);
  await holder.close();
  await dying.bury();
  one.executor.held.clear();

  await sweep(two.engine);
  expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ status: "CANCELED" });
  expect(await suite.db.query("select stopping from run where id = $1", [id])).toEqual([{ stopping: false }]);
});
