import { expect, it } from "vitest";
import { start, until, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import type { OperationOutcome } from "@/lib/contracts/ipc";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { listEvents } from "../reads/run";
import { sendInput } from "./input";

const suite = engineSuite();
const { node, crash } = suite;

const valueOf = (outcome: OperationOutcome) => (outcome.ok ? outcome.value : outcome.error);
const outputOf = (run: { output: string | null; outputType: string | null }) =>
  decodePacket({ data: run.output, dataType: run.outputType ?? "application/json" });
const chunk = (index: number, data: unknown) => ({ index, output: { data: JSON.stringify(data), dataType: "application/json" } });
let writer = 0;
const sendTo = (n: Awaited<ReturnType<typeof node>>, runId: string, data: unknown, streamId = "in") =>
  sendInput(n.engine, { runId, streamId, data: JSON.stringify(data), writer: `test/${++writer}` });

const waits: TestTask = async ({ operate }) => valueOf(await operate({ kind: "waitForInput", streamId: "in", after: -1, tags: ["shop"] }));

it("a run that waits for input holds no slot and goes on with what comes first", async () => {
  const n = await node({ waits }, { concurrencyLimit: 1 });
  const { id } = await start(n, "waits");
  expect(await until(n, id, "WAITING")).toMatchObject({ waitingOn: "input" });
  expect(n.engine.counts.waiting).toBe(1);
  await sendTo(n, id, "for another", "other");
  await Promise.all([sendTo(n, id, { a: 1 }), sendTo(n, id, { a: 2 }), sendTo(n, id, { a: 3 })]);
  const run = await until(n, id);
  expect([chunk(0, { a: 1 }), chunk(0, { a: 2 }), chunk(0, { a: 3 })]).toContainEqual(outputOf(run));
  const events = await listEvents(suite.db, id);
  expect(events.find(({ type }) => type === "waiting")?.data).toMatchObject({ kind: "input", streamId: "in", tags: ["shop"] });
  await expect(sendTo(n, id, "late")).rejects.toMatchObject({ status: 400 });
});

it("input that came before the wait is not lost, and a wait after a place gets what follows it", async () => {
  let go = () => {};
  const sent = new Promise<void>((resolve) => (go = resolve));
  const n = await node({
    late: async ({ operate }) => {
      await sent;
      const answers = [];
      for (const after of [-1, 0, 1]) answers.push(valueOf(await operate({ kind: "nextInput", streamId: "in", after })));
      return answers;
    },
  });
  const { id } = await start(n, "late");
  await until(n, id, "EXECUTING");
  for (const data of ["one", "two"]) await sendTo(n, id, data);
  go();
  await expect
    .poll(async () => (await suite.db.query("select 1 from run_journal where run_id = $1 and outcome is null", [id])).length, {
      timeout: 15_000,
    })
    .toBe(1);
  // It listens, and works on: nothing of it waits.
  expect(await until(n, id, "EXECUTING")).toMatchObject({ status: "EXECUTING" });
  await sendTo(n, id, "three");
  expect(outputOf(await until(n, id))).toEqual([chunk(0, "one"), chunk(1, "two"), chunk(2, "three")]);
});

it("the time-out of a wait, and of a run that listens, is null", async () => {
  const n = await node({
    impatient: async ({ operate }) => [
      valueOf(await operate({ kind: "waitForInput", streamId: "in", after: -1, timeout: "60ms" })),
      valueOf(await operate({ kind: "nextInput", streamId: "in", after: -1, timeoutMs: 30 })),
      valueOf(await operate({ kind: "waitForInput", streamId: "in", after: -1, timeout: "soon" })),
      valueOf(await operate({ kind: "waitForInput", streamId: "$x", after: -1 })),
    ],
  });
  expect(outputOf(await until(n, (await start(n, "impatient")).id))).toEqual([
    null,
    null,
    expect.objectContaining({ status: 422 }),
    expect.objectContaining({ status: 400 }),
  ]);
  expect(await suite.db.query("select ref from run_timer")).toEqual([]);
});

it("a run that listens beside a wait is parked, wakes for what comes, and its wait still counts", async () => {
  const n = await node({
    both: async ({ operate }) => {
      const heard = operate({ kind: "hearInput", streamId: "in", after: -1 });
      const child = operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(1), options: {} });
      const first = valueOf(await heard);
      return [first, valueOf(await child)];
    },
    child: async ({ operate }) => valueOf(await operate({ kind: "waitForInput", streamId: "in", after: -1 })),
  });
  const { id } = await start(n, "both");
  expect(await until(n, id, "WAITING")).toMatchObject({ waitingOn: "run" });
  await sendTo(n, id, "hello");
  await expect
    .poll(async () => (await listEvents(suite.db, id)).map(({ type }) => type).filter((type) => type === "waiting").length, {
      timeout: 15_000,
    })
    .toBe(2);
  const [child] = await suite.db.query<{ id: string }>("select id from run where parent_id = $1", [id]);
  await sendTo(n, child?.id ?? "", "child");
  expect(outputOf(await until(n, id))).toMatchObject([chunk(0, "hello"), { ok: true }]);
});

it("the same key gets the same input again, whatever came since", async () => {
  const n = await node({
    keyed: async ({ operate }) => [
      valueOf(await operate({ kind: "waitForInput", streamId: "in", after: -1, idempotencyKey: "k" })),
      valueOf(await operate({ kind: "waitForInput", streamId: "in", after: 0, idempotencyKey: "k" })),
      valueOf(await operate({ kind: "waitForInput", streamId: "in", after: 0 })),
    ],
  });
  const { id } = await start(n, "keyed");
  await until(n, id, "WAITING");
  await sendTo(n, id, "a");
  await sendTo(n, id, "b");
  expect(outputOf(await until(n, id))).toEqual([chunk(0, "a"), chunk(0, "a"), chunk(1, "b")]);
});

it("what is sent from a run is sent once, and a wait outlives its server", async () => {
  const tasks: Record<string, TestTask> = {
    waits,
    sends: async ({ operate, assignment }) => {
      const runId = String(decodePacket(assignment.payload));
      return [
        valueOf(await operate({ kind: "sendInput", runId, streamId: "in", data: '{"from":"a task"}' })),
        valueOf(await operate({ kind: "sendInput", runId: "run_none", streamId: "in", data: "1" })),
        valueOf(await operate({ kind: "sendInput", runId, streamId: "in", data: JSON.stringify("x".repeat(1024 * 1024)) })),
      ];
    },
  };
  const one = await node(tasks);
  const { id } = await start(one, "waits");
  await until(one, id, "WAITING");
  await crash(one);
  const two = await node(tasks);
  const sender = await until(two, (await start(two, "sends", id)).id);
  expect(outputOf(sender)).toEqual([{ success: true }, expect.objectContaining({ status: 404 }), expect.objectContaining({ status: 413 })]);
  const run = await until(two, id);
  expect([run.attempt, outputOf(run)]).toEqual([1, chunk(0, { from: "a task" })]);
});
