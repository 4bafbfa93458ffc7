import { expect, it } from "vitest";
import { manifestOf, start, until } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { encodePacket } from "@/lib/values/packet";
import { addBatchItems, createBatch } from "../batches/batch";
import { deploy } from "../versions/deploy";
import { trigger } from "./trigger";

const suite = engineSuite();
const { node } = suite;

interface Wrong {
  task?: string;
  payload?: unknown;
  options?: TriggerOptions;
  error: object;
}
const invalid = (option: string, error: object = {}) => ({ status: 422, param: `options.${option}`, ...error });
const tooLarge = "x".repeat(3 * 1024 * 1024 + 1);

/** All at once; where two are of one option, the earlier one stands. */
function together(list: readonly Wrong[]): Omit<Wrong, "error"> {
  const options: TriggerOptions = {};
  const sum: Omit<Wrong, "error"> = { options };
  for (const { error: _, options: more, ...wrong } of list.toReversed()) {
    Object.assign(sum, wrong);
    Object.assign(options, more);
  }
  return sum;
}

it("a trigger is checked in one order: the first error is told, and a key that is held makes those after it irrelevant", async () => {
  const n = await node({ task: async () => 1, gone: async () => 1 }, { environment: "dev" });
  const held = await until(n, (await start(n, "gone", null, { idempotencyKey: "held" })).id);
  const ended = await until(n, (await start(n, "task")).id);
  const deepest = await until(n, (await start(n, "task")).id);
  await suite.db.query("update run set depth = 128 where id = $1", [deepest.id]);
  await deploy(n.engine, { contentHash: "without it", bundle: "test", manifest: manifestOf([{ id: "task" }]) });

  const before: Wrong[] = [
    { options: { tags: Array.from({ length: 11 }, (_, i) => `t${i}`) }, error: invalid("tags") },
    { options: { delay: "soon" }, error: invalid("delay") },
    { options: { debounce: { key: "d", delay: "1ms" } }, error: invalid("debounce.delay") },
    { options: { parentRunId: "run_nowhere" }, error: invalid("parentRunId", { message: expect.stringContaining("not found") }) },
    {
      options: { parentRunId: ended.id, resumeParentOnCompletion: true },
      error: invalid("parentRunId", { message: expect.stringContaining("COMPLETED") }),
    },
    { options: { idempotencyKey: "a\0b" }, error: invalid("idempotencyKey") },
  ];
  const after: Wrong[] = [
    { options: { lockToVersion: "19990101.1" }, error: invalid("lockToVersion") },
    { task: "gone", error: { status: 404, code: "task_not_found" } },
    { options: { queue: { name: "nowhere" } }, error: invalid("queue") },
    { options: { concurrencyKey: "a\0b" }, error: invalid("concurrencyKey") },
    { options: { ttl: "soon" }, error: invalid("ttl") },
    { options: { metadata: { much: tooLarge } }, error: { status: 413, param: "options.metadata" } },
    { options: { parentRunId: deepest.id }, error: invalid("parentRunId", { message: expect.stringContaining("deep") }) },
    { payload: tooLarge, error: { status: 413, param: "payload" } },
  ];
  const call = ({ task = "task", payload, options = {} }: Omit<Wrong, "error">) =>
    trigger(n.engine, { task, payload: encodePacket(payload), options });

  const order = [...before, ...after];
  for (const [at, { error }] of order.entries()) {
    const wrong = together(order.slice(at));
    await expect(call(wrong)).rejects.toMatchObject(error);
    await expect(call({ ...wrong, options: { idempotencyKey: "free", ...wrong.options } })).rejects.toMatchObject(error);
  }
  // Every error before the key is told though the key is held; those after it are not.
  const rest = together(after);
  const keyed = { ...rest, options: { ...rest.options, idempotencyKey: "held" } };
  for (const { options, error } of before)
    await expect(call({ ...keyed, options: { ...keyed.options, ...options } })).rejects.toMatchObject(error);
  expect(await call(keyed)).toEqual({ id: held.id, isCached: true });

  const batch = await createBatch(n.engine, { runCount: 2 });
  await addBatchItems(n.engine, batch.id, [
    { index: 0, task: "gone", options: keyed.options },
    { index: 1, task: "gone", options: { ...keyed.options, delay: "soon" } },
  ]);
  const items = await suite.db.query("select run_id = $2 as held, error from batch_item where batch_id = $1 order by index", [
    batch.id,
    held.id,
  ]);
  expect(items).toEqual([
    { held: true, error: null },
    { held: false, error: expect.stringContaining("soon") },
  ]);
  // A token that allows one trigger is not told of a run that it did not make.
  await expect(
    trigger(n.engine, {
      task: "gone",
      payload: encodePacket(1),
      options: keyed.options,
      oneTimeToken: { hash: "h", expiresAt: new Date(Date.now() + 60_000) },
    }),
  ).rejects.toMatchObject({ status: 422 });
  expect(n.engine.scheduler.starting).toBe(0);
});
