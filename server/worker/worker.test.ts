import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { decodePacket } from "@/lib/values/packet";
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
  return result.ok
    ? { output: decodePacket(result.output), usageMs: result.usageMs }
    : { error: result.error, retry: result.retry, skipRetrying: result.skipRetrying };
};

test("tells what the bundle holds", async () => {
  const worker = await start();
  const { manifest } = await worker.hears("ready");
  const of = (id: string) => manifest.tasks.find((t) => t.id === id);
  expect(manifest.project).toBe("proj_test");
  expect(manifest.queues).toContainEqual({ name: "shared", concurrencyLimit: 2 });
  expect(manifest.limits).toEqual([{ name: "provider", perKey: 1, total: 25 }]);
  expect(of("limited")?.concurrency).toEqual({ inline: { total: 5 }, limits: ["provider"] });
  expect(of("echo")).toMatchObject({ queue: "shared", filePath: "server/worker/test/fixtures/tasks.ts" });
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

test("interleaved runs never mix logs, metadata or spans", async () => {
  const worker = await start();
  const names = ["ada", "bob", "cleo", "dan"];
  worker.send(...names.map((name) => assign(`run_${name}`, "chatty", { name, turns: 20 })));
  for (const name of names) expect((await ended(worker, `run_${name}`)).output).toEqual({ name, run: `run_${name}`, count: 20 });
  for (const name of names) {
    const progress = worker.of("progress", `run_${name}`).map((m) => m.progress);
    const trace = progress.flatMap((p) => p.trace ?? []);
    const logs = trace.filter((t) => t.kind === "log");
    expect(logs.map((l) => l.name)).toEqual(Array.from({ length: 20 }, (_, i) => [`${name} ${i}`, `${name} logs ${i}`]).flat());
    // What is sent in one go says each span once, with its end.
    const spans = trace.filter((t) => t.kind === "span").toSorted((a, b) => Number(a.spanId.slice(2)) - Number(b.spanId.slice(2)));
    expect(spans.map((t) => t.name)).toEqual(["Attempt 1", "run()", ...Array.from({ length: 20 }, (_, i) => `${name} span ${i}`)]);
    expect(spans.slice(2).every((t) => t.parentId === "1.2")).toBe(true);
    expect(spans.every((t) => t.endedAt !== undefined)).toBe(true);
    expect(progress.flatMap((p) => p.operations ?? [])).toHaveLength(40);
  }
  expect(worker.stdout()).toBe("");
});

test("hooks run in their order, around waits too", async () => {
  const worker = await start();
  worker.send(assign("run_1", "hooked", { wait: true }));
  const made = await worker.hears("operation");
  expect(made.operation).toMatchObject({ kind: "trigger", adopted: true });
  worker.answer(made, { id: "run_child" });
  const waited = await worker.hears("operation", (message) => message.operation.kind === "waitForRun");
  expect(waited.operation).toEqual({ kind: "waitForRun", runId: "run_child" });
  worker.answer(waited, { ok: true, id: "run_child", output: { data: "{}", dataType: "application/json" } });
  expect((await ended(worker, "run_1")).output).toBe("done");
  worker.send(assign("run_2", "read-trail"));
  expect((await ended(worker, "run_2")).output).toEqual([
    "middleware in",
    "onStart",
    "onStartAttempt 1",
    'run {"from":"init"} green',
    "onWait task run_child",
    "onResume task run_child",
    'onSuccess "done"',
    "onComplete true",
    "cleanup",
    "middleware out",
  ]);
});

test("a failure is proposed for retry, and onFailure comes only with the last one", async () => {
  const worker = await start();
  worker.send(assign("run_1", "hooked", { fail: "plain" }));
  const first = await ended(worker, "run_1");
  expect(first).toMatchObject({
    error: { type: "BUILT_IN_ERROR", name: "Error", message: "plain" },
    retry: { delayMs: 100 },
    skipRetrying: false,
  });
  expect(first.error).toMatchObject({ stackTrace: expect.stringMatching(/tasks\.ts:\d+/) });
  worker.send(assign("run_2", "hooked", { fail: "plain" }, { ctx: { attempt: { number: 2, startedAt: "2030-01-01T00:00:00.000Z" } } }));
  expect(await ended(worker, "run_2")).toMatchObject({ retry: undefined, skipRetrying: false });
  worker.send(assign("run_3", "hooked", { fail: "abort" }));
  expect(await ended(worker, "run_3")).toMatchObject({ error: { name: "AbortTaskRunError" }, retry: undefined, skipRetrying: true });
  worker.send(assign("run_4", "read-trail"));
  const { output } = await ended(worker, "run_4");
  const attempt = (n: number) => ["middleware in", ...(n === 1 ? ["onStart"] : []), `onStartAttempt ${n}`, 'run {"from":"init"} green'];
  expect(output).toEqual([
    ...attempt(1),
    "catchError plain",
    "cleanup",
    "middleware out",
    ...attempt(2),
    "catchError plain",
    "onFailure plain",
    "onComplete false",
    "cleanup",
    "middleware out",
    ...attempt(1),
    "onFailure aborted",
    "onComplete false",
    "cleanup",
    "middleware out",
  ]);
});

test("a payload that does not fit is an input error without retries; defaults and coercions reach run()", async () => {
  const worker = await start();
  worker.send(
    assign("run_1", "order", { id: "", amount: -1 }),
    assign("run_2", "order", { id: "x", amount: "21" }),
    assign("run_3", "order", { id: "y" }),
  );
  expect(await ended(worker, "run_1")).toMatchObject({
    error: { type: "INTERNAL_ERROR", code: "TASK_INPUT_ERROR", message: expect.stringContaining("id: ") },
    skipRetrying: true,
  });
  expect((await ended(worker, "run_2")).output).toEqual({ total: 42 });
  expect((await ended(worker, "run_3")).output).toEqual({ total: 10 });
});

test("other ends: completed from within, an output that cannot be written, an unknown task", async () => {
  const worker = await start();
  worker.send(assign("run_1", "enough"), assign("run_2", "unserialisable"), assign("run_3", "nowhere"));
  expect((await ended(worker, "run_1")).output).toEqual({ early: true });
  expect(await ended(worker, "run_2")).toMatchObject({ error: { code: "TASK_OUTPUT_ERROR" }, skipRetrying: true });
  expect(await ended(worker, "run_3")).toMatchObject({ error: { code: "COULD_NOT_FIND_TASK" }, skipRetrying: true });
});

test("background work is part of the attempt", async () => {
  const worker = await start();
  worker.send(assign("run_1", "background"));
  await ended(worker, "run_1");
  const progress = worker.of("progress", "run_1").map((m) => m.progress);
  expect(progress.flatMap((p) => p.operations ?? [])).toEqual([{ type: "set", key: "late", value: true }]);
  expect(progress.flatMap((p) => p.streams ?? []).flatMap((s) => s.chunks)).toEqual(["0", "1", "2"]);
});

test("tags beyond the limit are refused in the log, operations on the parent go to the parent", async () => {
  const worker = await start();
  worker.send(
    assign("run_1", "tagger"),
    assign("run_2", "child", undefined, {
      ctx: {
        run: {
          id: "run_2",
          tags: [],
          isTest: false,
          isReplay: false,
          createdAt: "2030-01-01T00:00:00Z",
          startedAt: "2030-01-01T00:00:00Z",
          parentTaskRunId: "run_p",
          rootTaskRunId: "run_r",
        },
      },
    }),
    assign("run_3", "child"),
  );
  for (const id of ["run_1", "run_2", "run_3"]) await ended(worker, id);
  const of = (id: string) => worker.of("progress", id).map((m) => m.progress);
  expect(of("run_1").flatMap((p) => p.tags ?? [])).toEqual(["a", "b"]);
  expect(
    of("run_1")
      .flatMap((p) => p.trace ?? [])
      .find((t) => t.level === "error")?.name,
  ).toContain("12 tags");
  const [own] = of("run_2");
  expect(own).toMatchObject({
    parentOperations: [{ type: "increment", key: "children", value: 1 }],
    rootOperations: [{ type: "append", key: "log", value: "x" }],
    operations: [{ type: "set", key: "own" }],
    firstMetadataOperation: 0,
  });
  expect(of("run_3")[0]?.operations).toHaveLength(3);
});

test("batches by instance answer in item order; a schema is checked before anything is made", async () => {
  const worker = await start();
  worker.send(assign("run_1", "batcher"));
  const operation = await worker.hears("operation");
  expect(operation.operation).toMatchObject({ kind: "batchTrigger", wait: true, items: [{ task: "echo" }, { task: "order" }] });
  worker.answer(operation, {
    id: "batch_1",
    items: [
      { ok: true, id: "a", output: { data: null, dataType: "application/json" } },
      { ok: false, id: "b", error: { type: "STRING_ERROR", raw: "no" } },
    ],
  });
  expect((await ended(worker, "run_1")).output).toEqual([true, false]);
});

test("a batch that the engine refuses is a BatchTriggerError, as over HTTP", async () => {
  const worker = await start();
  worker.send(assign("run_1", "batcher"), assign("run_2", "batchMaker"));
  for (const runId of ["run_1", "run_2"]) {
    const { epoch, seq } = await worker.hears("operation", (m) => m.runId === runId);
    worker.send({ type: "outcome", runId, epoch, seq, outcome: { ok: false, error: { status: 400, message: "too many" } } });
  }
  expect((await ended(worker, "run_2")).output).toEqual(["create", 1, { status: 400 }]);
  expect((await ended(worker, "run_1")).error).toMatchObject({ name: "BatchTriggerError", message: expect.stringContaining("too many") });
});

test("short waits between tries are timers of the process", async () => {
  const worker = await start();
  worker.send(assign("run_1", "retrier"));
  expect((await ended(worker, "run_1")).output).toBe(3);
  expect(worker.of("operation")).toEqual([]);
});

test("an environment that another run contradicts is not set, and is taken back at the end", async () => {
  const worker = await start();
  worker.send(
    assign("run_1", "environment", { ms: 50 }, { env: { FLAVOUR: "mint" } }),
    assign("run_2", "environment", { ms: 1 }, { env: { FLAVOUR: "lemon" } }),
  );
  expect((await ended(worker, "run_1")).output).toBe("mint");
  expect((await ended(worker, "run_2")).output).toBe("mint");
  worker.send(assign("run_3", "environment", { ms: 1 }));
  expect((await ended(worker, "run_3")).output).toBeUndefined();
});

test("stream chunks for the parent name it, and count apart from the run's own", async () => {
  const worker = await start();
  const family = {
    id: "run_1",
    tags: [],
    isTest: false,
    isReplay: false,
    createdAt: "2030-01-01T00:00:00Z",
    startedAt: "2030-01-01T00:00:00Z",
    parentTaskRunId: "run_p",
  };
  worker.send(assign("run_1", "relay", undefined, { ctx: { run: family } }));
  await ended(worker, "run_1");
  expect(worker.of("progress").flatMap((m) => m.progress.streams ?? [])).toEqual([
    { key: "up", target: "run_p", first: 0, chunks: ['"x"'] },
    { key: "up", first: 0, chunks: ['"y"'] },
    { key: "default", first: 0, chunks: ['"mine"'] },
  ]);
});

test("metadata that changes outside is seen inside", async () => {
  const worker = await start();
  worker.send(assign("run_1", "counter"));
  await worker.hears("progress", (m) => m.progress.operations !== undefined);
  worker.send({ type: "metadata", runId: "run_1", epoch: 1, metadata: JSON.stringify({ own: 1, outside: true }) });
  expect((await ended(worker, "run_1")).output).toEqual({ own: 2, outside: true });
});

test("a run with the process to itself has begun for all to see, even when its code never yields", async () => {
  const worker = await start();
  worker.send(assign("run_1", "spin", undefined, { isolated: true }));
  expect(await worker.hears("started")).toEqual({ type: "started", runId: "run_1", epoch: 1 });
});

test("what code says that a pool or a timer of the module calls is the run's where the process has one run, and else says that it is nobody's", async () => {
  const worker = await start();
  worker.send(assign("run_shared", "pooled"), assign("run_beside", "pooled"));
  for (const id of ["run_shared", "run_beside"])
    expect((await ended(worker, id)).output).toEqual({ metadata: null, refused: expect.stringContaining("run of a task") });
  expect(
    worker
      .of("progress")
      .flatMap(({ progress }) => [...(progress.operations ?? []), ...(progress.trace ?? []).filter(({ kind }) => kind === "log")]),
  ).toEqual([]);
  await expect.poll(() => worker.stdout()).toMatch(/metadata\.set was called outside of every run, so it changed nothing/);

  const alone = await start();
  alone.send(assign("run_alone", "pooled", undefined, { isolated: true }));
  alone.answer(await alone.hears("operation"), { ok: true, id: "run_c", output: { data: null, dataType: "application/json" } });
  expect((await ended(alone, "run_alone")).output).toEqual({ metadata: "a pool", refused: "" });
  const said = alone.of("progress", "run_alone").flatMap(({ progress }) => [...(progress.operations ?? []), ...(progress.trace ?? [])]);
  expect(said).toContainEqual({ type: "set", key: "from", value: "a pool" });
  for (const name of ["logged by a pool", "printed by a pool"]) expect(said).toContainEqual(expect.objectContaining({ kind: "log", name }));
});

test("words about another epoch are not heard", async () => {
  const worker = await start();
  worker.send(assign("run_1", "hooked", { wait: true }, { epoch: 3 }));
  const made = await worker.hears("operation");
  worker.answer({ ...made, epoch: 2 }, { id: "run_c" });
  worker.answer(made, { id: "run_c" });
  const operation = await worker.hears("operation", (message) => message.operation.kind === "waitForRun");
  const child = { ok: true, id: "run_c", output: { data: null, dataType: "application/json" } };
  worker.answer({ ...operation, epoch: 2 }, child);
  worker.send({ type: "cancel", runId: "run_1", epoch: 2, reason: "canceled" }, { type: "ping", at: 1 });
  await worker.hears("pong");
  expect(worker.said.filter((m) => m.type === "finished" || m.type === "canceled")).toEqual([]);
  worker.answer(operation, child);
  expect((await ended(worker, "run_1")).output).toBe("done");
});

test("calls carry the newest token of the run, to its own server only", async () => {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.headers.authorization} ${request.headers.host}`);
    response.setHeader("content-type", "application/json").end('{"data":[],"pagination":{}}');
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  // A listening TCP server has an address of this kind.
  const { port } = server.address() as AddressInfo;
  const worker = await start();
  worker.send(assign("run_1", "calls", { elsewhere: `http://localhost:${port}` }, { apiUrl: `http://127.0.0.1:${port}` }));
  await worker.hears("tokenWanted", (message) => message.runId === "run_1" && message.epoch === 1);
  worker.send(
    { type: "token", runId: "run_1", epoch: 7, token: "of another execution" },
    { type: "token", runId: "run_1", epoch: 1, token: "first" },
  );
  const operation = await worker.hears("operation", (message) => message.runId === "run_1");
  expect(heard).toEqual([`Bearer first 127.0.0.1:${port}`]);
  worker.send(
    { type: "token", runId: "run_1", epoch: 7, token: "of another execution" },
    { type: "token", runId: "run_1", epoch: 1, token: "second" },
  );
  worker.answer(operation, null);
  expect((await ended(worker, "run_1")).output).toEqual({ elsewhere: "ApiClientMissingError" });
  expect(heard.slice(1)).toEqual([`Bearer second 127.0.0.1:${port}`]);
  expect(worker.of("tokenWanted")).toHaveLength(1);
  await new Promise((closed) => server.close(closed));
});
