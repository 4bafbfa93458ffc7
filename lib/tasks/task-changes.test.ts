import { expect, it } from "vitest";
import type { TaskManifest } from "../contracts/task";
import { taskChanges } from "./task-changes";

const task = (id: string, more: Partial<TaskManifest> = {}): TaskManifest => ({
  id,
  filePath: `trigger/${id}.ts`,
  queue: `task/${id}`,
  ...more,
});

it("names what came, went, and is declared otherwise", () => {
  const before = [
    task("gone"),
    task("same", { retry: { maxAttempts: 2 } }),
    task("moved"),
    task("form", { payloadSchema: { type: "object" }, certainSchema: {} }),
  ];
  const after = [
    task("form", { payloadSchema: { type: "string" }, certainSchema: { not: {} } }),
    task("moved", { queue: "shared", machine: "micro", schedule: { cron: "* * * * *" } }),
    task("same", { retry: { maxAttempts: 2 } }),
    task("new"),
  ];
  expect(taskChanges(before, after)).toEqual({
    added: ["new"],
    removed: ["gone"],
    changed: [
      { id: "form", what: ["payload schema"] },
      { id: "moved", what: ["queue", "machine", "schedule"] },
    ],
  });
});

it("finds nothing between a version and itself", () => {
  const tasks = [task("a", { maxDuration: 5 }), task("b")];
  expect(taskChanges(tasks, structuredClone(tasks).toReversed())).toEqual({ added: [], removed: [], changed: [] });
});
