import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { decodePacket } from "@/lib/values/packet";
import { compileRuntime, type Runtime } from "./test/compile";
import { assign, supervise, type Supervised } from "./test/supervised";

let runtime: Runtime;
let bundle: string;
const open = new Set<Supervised>();
function start(path = bundle): Supervised {
  const worker = supervise(runtime.workerEntry, path);
  open.add(worker);
  return worker;
}
beforeAll(async () => {
  runtime = await compileRuntime();
  bundle = await runtime.bundle("tasks", "server/worker/test/fixtures/bundle.ts");
});
afterEach(async () => {
  for (const worker of open) {
    worker.child.kill("SIGKILL");
    await worker.exited();
  }
  open.clear();
});
afterAll(() => runtime.close());

const cancel = (runId: string, reason: "canceled" | "maxDuration" = "canceled") => ({ type: "cancel", runId, epoch: 1, reason }) as const;
const begun = (worker: Supervised, runId: string, line: string) =>
  worker.hears("progress", (m) => m.runId === runId && (m.progress.trace ?? []).some((t) => t.name === line));
const outputOf = async (worker: Supervised, runId: string): Promise<unknown> => {
  const { result } = await worker.hears("finished", (m) => m.runId === runId);
  return result.ok ? decodePacket(result.output) : result;
};

test("a run that ignores its cancellation is given up after its hooks, and its neighbour goes on", async () => {
  const worker = start();
  worker.send(assign("run_1", "stubborn"), assign("run_2", "environment", { ms: 1500 }));
  await begun(worker, "run_1", "stubborn begins");
  worker.send(cancel("run_1"));
  expect(await worker.hears("canceled")).toMatchObject({ runId: "run_1", settled: false });
  expect(worker.of("progress", "run_1").flatMap((m) => m.progress.operations ?? [])).toEqual([
    { type: "set", key: "cancelled", value: true },
  ]);
  expect(await outputOf(worker, "run_2")).toBeUndefined();
  expect(worker.of("finished", "run_1")).toEqual([]);
});

test("a run that listens ends by itself, and onCancel sees how", async () => {
  const worker = start();
  worker.send(assign("run_1", "obedient"));
  await begun(worker, "run_1", "obedient begins");
  worker.send(cancel("run_1"));
  expect(await worker.hears("canceled")).toMatchObject({ settled: true });
  worker.send(assign("run_2", "read-trail"));
  expect(await outputOf(worker, "run_2")).toEqual(["ended with stopped early"]);
});

test("a run that only waits leaves nothing behind when it is cancelled", async () => {
  const worker = start();
  worker.send(assign("run_1", "parallel"));
  await worker.hears("operation", (m) => m.seq === 3);
  worker.send(cancel("run_1"));
  expect(await worker.hears("canceled")).toMatchObject({ settled: true });
});

test("out of time: no hooks, and an end that says so", async () => {
  const worker = start();
  worker.send(assign("run_1", "obedient", undefined, { maxDuration: 7 }));
  await begun(worker, "run_1", "obedient begins");
  worker.send(cancel("run_1", "maxDuration"));
  expect(await outputOf(worker, "run_1")).toMatchObject({
    ok: false,
    error: { code: "MAX_DURATION_EXCEEDED", message: expect.stringContaining("7 s") },
    skipRetrying: true,
  });
  worker.send(assign("run_2", "read-trail"));
  expect(await outputOf(worker, "run_2")).toEqual([]);
});

test.each(["rejection", "exception"] as const)("an uncaught %s ends the run that it belongs to and no other", async (how) => {
  const worker = start();
  worker.send(assign("run_1", "careless", { how }), assign("run_2", "environment", { ms: 100 }));
  expect(await outputOf(worker, "run_1")).toMatchObject({
    error: {
      type: "INTERNAL_ERROR",
      code: "TASK_RUN_UNCAUGHT_EXCEPTION",
      message: expect.stringMatching(/^Error: (nobody catches me|thrown in a timer)$/),
      stackTrace: expect.stringContaining("tasks.ts"),
    },
    skipRetrying: false,
  });
  expect(await outputOf(worker, "run_2")).toBeUndefined();
});

test("an error of nobody ends the process after what is buffered is told, a rejected promise of nobody does not", async () => {
  const worker = start(await runtime.bundle("orphan", "server/worker/test/fixtures/orphan.ts"));
  worker.send(assign("run_1", "orphan"));
  await worker.hears("ready");
  expect(await worker.exited()).toBe(1);
  expect(worker.stdout()).toMatch(/a promise of no run was rejected.*nobody has handled me[\s\S]*I have no owner/);
  expect(
    worker
      .of("progress", "run_1")
      .flatMap((m) => m.progress.trace ?? [])
      .map((t) => t.name),
  ).toContain("still here");
});

test("drain: no exit while a run is held, exit 0 after it", async () => {
  const worker = start();
  worker.send(assign("run_1", "environment", { ms: 200 }));
  await worker.hears("started");
  worker.send({ type: "drain" });
  await worker.hears("finished");
  expect(await worker.exited()).toBe(0);
});

test("a bundle that cannot be loaded, or has two tasks of one id, is broken", async () => {
  const twice = start(await runtime.bundle("twice", "server/worker/test/fixtures/twice.ts"));
  expect((await twice.hears("broken")).error.message).toContain(
    'Two tasks have the id "twin" (both in server/worker/test/fixtures/twice.ts)',
  );
  const throwing = start(await runtime.bundle("throwing", "server/worker/test/fixtures/throwing.ts"));
  expect((await throwing.hears("broken")).error.message).toMatch(/not today[\s\S]*throwing\.ts:2/);
  expect(await throwing.exited()).toBe(1);
});

test("answers pings and dies with its supervisor", async () => {
  const worker = start();
  worker.send({ type: "ping", at: 5 });
  expect(await worker.hears("pong")).toEqual({ type: "pong", at: 5 });
  worker.child.disconnect();
  expect(await worker.exited()).toBe(0);
});
