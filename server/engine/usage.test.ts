import { expect, it } from "vitest";
import { encodePacket } from "@/lib/values/packet";
import { manifestOf, RetryLater, start, until } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { loseRuns } from "./running/lose-runs";

const suite = engineSuite();
const retry = { maxAttempts: 3, minTimeoutInMs: 1, randomize: false };

it("compute time of the attempts before is told to each attempt, and adds up on the run", async () => {
  const n = await suite.node(
    { task: async ({ assignment }) => (assignment.ctx.attempt.number < 3 ? Promise.reject(new RetryLater(1)) : assignment.usedMsBefore) },
    { manifest: manifestOf([{ id: "task", retry }]) },
  );
  const run = await until(n, (await start(n, "task")).id);
  // Attempts of the test's executor use 1 ms each.
  expect(n.executor.assigned.map((assignment) => assignment.usedMsBefore)).toEqual([undefined, 1, 2]);
  expect(run).toMatchObject({ output: encodePacket(2).data, usageMs: 3 });
});

it("an attempt whose process dies has used what it had used by then", async () => {
  const n = await suite.node({ task: () => new Promise(() => {}) });
  const { id } = await start(n, "task");
  await until(n, id, "EXECUTING");
  n.executor.held.clear();
  const error = { type: "INTERNAL_ERROR", code: "TASK_PROCESS_SIGSEGV" } as const;
  await loseRuns(n.engine, [{ runId: id, epoch: 1, cause: { kind: "failed", error, retryable: true }, usageMs: 1234.5 }]);
  expect(await until(n, id)).toMatchObject({ status: "CRASHED", usageMs: 1235 });
});
