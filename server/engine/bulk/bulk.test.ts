import { afterAll, beforeAll, expect, test } from "vitest";
import { dyingDatabase } from "@/test/dying-database";
import { openTestDatabase, openTestNode, start, type TestNode } from "@/test/engine";
import { createBulk, type BulkRequest } from "./create-bulk";

let database: Awaited<ReturnType<typeof openTestDatabase>>;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const tasks = { work: async () => 1 };
/** Without an executor runs stay QUEUED. */
const open = (db = database.db): Promise<TestNode> => openTestNode(db, tasks, { attach: false });
const triggerMany = (node: TestNode, count: number, tag: string) =>
  Promise.all(Array.from({ length: count }, async (_, n) => (await start(node, "work", n, { tags: [tag] })).id));
const request = (action: BulkRequest["action"], runIds: readonly string[]): BulkRequest => ({
  action,
  selection: { runIds },
  skipLive: false,
  by: "test",
});

interface State {
  id: string;
  status: string;
  total: number;
  done: number;
  skipped: number;
  failed: number;
}
async function settled(id: string): Promise<State> {
  const read = async () =>
    (await database.db.query<State>("select id, status, total, done, skipped, failed from bulk_action where id = $1", [id]))[0];
  await expect.poll(async () => (await read())?.status, { timeout: 30_000 }).not.toBe("PENDING");
  const state = await read();
  if (state === undefined) throw new Error("the action is gone");
  return state;
}

const allDone = { status: "COMPLETED", total: 60, done: 60, skipped: 0, failed: 0 };

/** The process dies behind its n-th statement from the creation on; another goes on with what it left. */
test.each([1, 2, 3, 4, 5, 7, 9, 12, 16, 22, 30])("killed after %i statements, a replay makes each run once", async (statements) => {
  const maker = await open();
  const ids = await triggerMany(maker, 60, `replay-${statements}`);
  await maker.close();
  const dying = dyingDatabase(database.db);
  const first = await open(dying);
  dying.dieAfter(statements);
  void createBulk(first.engine, request("replay", ids)).catch(() => {});
  await dying.died;
  await dying.bury();
  const second = await open();
  const [action] = await database.db.query<{ id: string }>("select bulk_id as id from bulk_item where run_id = $1", [ids[0]]);
  const outcome = action === undefined ? allDone : await settled(action.id);
  const made = await database.db.query<{ replay_of: string; bulk_actions: string[] }>(
    "select replay_of, bulk_actions from run where replay_of = any($1)",
    [ids],
  );
  await second.close();
  expect(outcome).toMatchObject(allDone);
  // All of them once, or, killed before it was made, none.
  expect(made.map((run) => run.replay_of).toSorted()).toEqual(action === undefined ? [] : ids.toSorted());
  expect(new Set(made.flatMap((run) => run.bulk_actions))).toEqual(new Set(action === undefined ? [] : [action.id]));
});

test.each([3, 6, 10, 20, 40])("killed after %i statements, a cancel counts each run once", async (statements) => {
  const maker = await open();
  const ids = await triggerMany(maker, 60, `cancel-${statements}`);
  await maker.close();
  const dying = dyingDatabase(database.db);
  const first = await open(dying);
  dying.dieAfter(statements);
  void createBulk(first.engine, request("cancel", ids)).catch(() => {});
  await dying.died;
  await dying.bury();
  const second = await open();
  const [action] = await database.db.query<{ id: string }>("select bulk_id as id from bulk_item where run_id = $1", [ids[0]]);
  const outcome = action === undefined ? null : await settled(action.id);
  await second.close();
  const canceled = await database.db.query("select 1 from run where id = any($1) and status = 'CANCELED'", [ids]);
  const all = outcome === null ? 0 : 60;
  expect(outcome ?? allDone).toMatchObject(allDone);
  expect(canceled).toHaveLength(all);
});

test("children that go with their parents are done too, not left alone", async () => {
  const node = await open();
  const [parent = ""] = await triggerMany(node, 1, "family");
  const children = await triggerMany(node, 3, "family");
  await node.engine.db.query("update run set parent_id = $1, root_id = $1 where id = any($2)", [parent, children]);
  const { id } = await createBulk(node.engine, request("cancel", [parent, ...children]));
  expect(await settled(id)).toMatchObject({ total: 4, done: 4, skipped: 0, failed: 0 });
  await node.close();
});

test("several share the loop, and what cannot be done fails alone", async () => {
  const node = await open();
  const ids = await triggerMany(node, 120, "shared");
  await node.engine.db.query("update run_data set payload_type = 'application/store', payload = 'gone/payload' where run_id = $1", [
    ids[0],
  ]);
  const made = await Promise.all([
    createBulk(node.engine, request("replay", ids)),
    createBulk(node.engine, request("replay", [...ids, "run_unknown"])),
  ]);
  const [one, other] = await Promise.all(made.map(({ id }) => settled(id)));
  expect(one).toMatchObject({ total: 120, done: 119, skipped: 0, failed: 1 });
  expect(other).toMatchObject({ total: 121, done: 119, skipped: 1, failed: 1 });
  await node.close();
});
