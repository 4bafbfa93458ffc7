import { expect, test } from "vitest";
import { TaskContext } from "@/lib/contracts/ipc";
import { reviveContext } from "./context";

const at = "2030-01-01T00:00:00.000Z";
const raw = TaskContext.parse({
  task: { id: "t", filePath: "t.ts" },
  attempt: { number: 1, startedAt: at },
  run: {
    id: "run_1",
    tags: ["a"],
    isTest: false,
    isReplay: false,
    createdAt: at,
    startedAt: at,
    idempotencyKey: "mine",
    idempotencyKeyScope: "run",
  },
  queue: { id: "queue_1", name: "task/t" },
  environment: { id: "env_1", slug: "prod", type: "PRODUCTION" },
  organization: { id: "org_1", slug: "org", name: "Org" },
  project: { id: "proj_1", ref: "proj_test", slug: "test", name: "Test" },
  machine: { name: "small-1x", cpu: 0.5, memory: 0.5, centsPerMs: 0 },
});

test("ctx is frozen at every level, its times are dates, and a key is told as its author wrote it", () => {
  const ctx = reviveContext(raw);
  for (const change of [
    () => Object.assign(ctx, { task: 1 }),
    () => Object.assign(ctx.run, { id: "run_2" }),
    () => ctx.run.tags.push("b"),
    () => Object.assign(ctx.machine, { cpu: 9 }),
  ])
    expect(change).toThrow(TypeError);
  expect([ctx.attempt.startedAt, ctx.run.createdAt, ctx.run.startedAt]).toEqual([new Date(at), new Date(at), new Date(at)]);
  expect(ctx.run).toMatchObject({ id: "run_1", tags: ["a"], idempotencyKey: "mine", idempotencyKeyScope: "run" });
});
