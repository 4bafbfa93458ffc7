import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { decodePacket } from "@/lib/packet";
import { compileRuntime, type Runtime } from "./test/compile";
import { assign, supervise, type Supervised } from "./test/supervised";

let runtime: Runtime;
let bundle: string;
const open = new Set<Supervised>();
async function start(): Promise<Supervised> {
  const worker = supervise(runtime.workerEntry, bundle);
  open.add(worker);
  await worker.hears("ready");
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

const ended = async (worker: Supervised, runId: string) => {
  const { result } = await worker.hears("finished", (m) => m.runId === runId);
  return result.ok ? { output: decodePacket(result.output), usageMs: result.usageMs } : { error: result.error, retry: result.retry, skipRetrying: result.skipRetrying };
};

test("tells what the bundle holds", async () => {
  const worker = await start();
  const { manifest } = await worker.hears("ready");
  const of = (id: string) => manifest.tasks.find((t) => t.id === id);
  expect(manifest.project).toBe("proj_test");
  expect(manifest.queues).toContainEqual({ name: "shared", concurrencyLimit: 2 });
  expect(of("echo")).toMatchObject({ queue: "shared", filePath: "trigger/tasks.ts" });
  expect(of("hooked")?.retry).toMatchObject({ maxAttempts: 2, factor: 2, minTimeoutInMs: 100 });
  expect(of("order")).toMatchObject({ queue: "task/order", maxDuration: 30, payloadSchema: { type: "object", required: ["id"] } });
  expect(of("nightly")?.schedule).toEqual({ cron: "0 3 * * *", timezone: "Europe/Berlin" });
  expect(of("hidden")?.filePath).toBe("server/worker/test/fixtures/tasks.ts");
});

test("what superjson carries comes in and goes out, NUL included", async () => {
  const worker = await start();
  const payload = { at: new Date(0), big: 12n, map: new Map([["a", 1]]), text: "a\u0000b\ud800" };
  worker.send(assign("run_1", "echo", payload), assign("run_2", "echo", "plain\u0000text"), assign("run_3", "echo", undefined));
  expect((await ended(worker, "run_1")).output).toEqual(payload);
  expect((await ended(worker, "run_2")).output).toBe("plain\u0000text");
  expect((await ended(worker, "run_3")).output).toBeUndefined();
});
