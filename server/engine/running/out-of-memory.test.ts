import { describe, expect, it } from "vitest";
import type { InternalErrorCode } from "@/lib/contracts/error";
import type { BundleManifest, RetryOptions } from "@/lib/contracts/task";
import { manifestOf, start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { finishAttempt } from "./finish-attempt";
import { loseRuns } from "./lose-runs";
import { listEvents } from "../reads/run";
import { getRunDetail } from "../reads/runs";

const suite = engineSuite();

const forever: TestTask = () => new Promise(() => {});
const quick: RetryOptions = { maxAttempts: 3, minTimeoutInMs: 20, factor: 1, randomize: false };
const larger: RetryOptions = { ...quick, outOfMemory: { machine: "medium-1x" } };
const outOf = (code: InternalErrorCode) => ({ type: "INTERNAL_ERROR" as const, code, message: "out of memory" });

/** The process of the run's present attempt dies for want of memory, once it has begun. */
async function exhaust(n: TestNode, runId: string, code: InternalErrorCode = "TASK_PROCESS_OOM_KILLED"): Promise<void> {
  while (!n.executor.held.has(runId)) await new Promise(setImmediate);
  await until(n, runId, "EXECUTING");
  const epoch = n.executor.held.get(runId)?.epoch ?? 0;
  n.executor.held.delete(runId);
  await loseRuns(n.engine, [{ runId, epoch, cause: { kind: "failed", error: outOf(code), retryable: false } }]);
}

const nodeWith = (
  retry: RetryOptions | undefined,
  config: Partial<BundleManifest["config"]> = {},
  environment: "prod" | "dev" = "prod",
) => {
  const manifest = manifestOf([{ id: "task", ...(retry !== undefined && { retry }) }]);
  return suite.node({ task: forever }, { environment, manifest: { ...manifest, config: { ...manifest.config, ...config } } });
};

describe("a run that is out of memory", () => {
  it("is tried again on the machine that its retry settings name, and crashes when that is too small as well", async () => {
    const n = await nodeWith(larger);
    const { id } = await start(n, "task");
    await exhaust(n, id);
    await exhaust(n, id);
    expect(await until(n, id)).toMatchObject({
      status: "CRASHED",
      attempt: 2,
      machine: "medium-1x",
      fullError: outOf("TASK_PROCESS_OOM_KILLED"),
    });
    expect(n.executor.assigned.map((assignment) => [assignment.ctx.attempt.number, assignment.ctx.machine.name])).toEqual([
      [1, "small-1x"],
      [2, "medium-1x"],
    ]);
    const events = await listEvents(suite.db, id);
    expect(events.map((event) => event.type)).toEqual(["created", "started", "retrying", "queued", "dequeued", "started", "failed"]);
    expect(events[2]?.data).toMatchObject({ attempt: 1, delayMs: 20, machine: "medium-1x" });
  });

  it("keeps its larger machine to itself: the next run starts where it is configured to", async () => {
    const n = await nodeWith(larger);
    const { id } = await start(n, "task");
    await exhaust(n, id, "TASK_PROCESS_MAYBE_OOM_KILLED");
    await expect.poll(() => getRunDetail(suite.db, "env_1", id)).toMatchObject({ attempt: 2, machine: "medium-1x" });
    const next = await start(n, "task");
    expect(await until(n, next.id, "EXECUTING")).not.toHaveProperty("machine");
  });

  it("takes the config's retry settings where the task has none", async () => {
    const n = await nodeWith(undefined, { retries: { default: larger } });
    const { id } = await start(n, "task");
    await exhaust(n, id);
    await expect.poll(() => getRunDetail(suite.db, "env_1", id)).toMatchObject({ attempt: 2, machine: "medium-1x" });
  });

  it.each<[string, RetryOptions | undefined, Partial<BundleManifest["config"]>]>([
    ["no machine is named", quick, {}],
    ["there are no retry settings", undefined, {}],
    ["no attempt is left", { ...larger, maxAttempts: 1 }, {}],
    ["it is on that machine already", larger, { machine: "medium-1x" }],
  ])("crashes when %s", async (_, retry, config) => {
    const n = await nodeWith(retry, config);
    const { id } = await start(n, "task");
    await exhaust(n, id);
    expect(await until(n, id)).toMatchObject({ status: "CRASHED", attempt: 1 });
  });

  it("crashes in development when the project wants no retries there", async () => {
    const n = await nodeWith(larger, { retries: { enabledInDev: false } }, "dev");
    const { id } = await start(n, "task");
    await exhaust(n, id);
    expect(await until(n, id)).toMatchObject({ status: "CRASHED", attempt: 1 });
  });

  it.each([
    ["is tried again", false, { status: "EXECUTING", attempt: 2 }],
    ["crashes when its worker rules retries out", true, { status: "CRASHED", attempt: 1 }],
  ])("by its own word %s", async (_, skipRetrying, expected) => {
    const n = await nodeWith(larger);
    const { id } = await start(n, "task");
    await until(n, id, "EXECUTING");
    n.executor.held.delete(id);
    await finishAttempt(n.engine, {
      runId: id,
      epoch: 1,
      result: { ok: false, error: outOf("TASK_PROCESS_OOM_KILLED"), skipRetrying, usageMs: 1 },
    });
    await expect.poll(() => getRunDetail(suite.db, "env_1", id)).toMatchObject(expected);
  });
});
