import { expect, test } from "vitest";
import { queue, task } from "@trigger.dev/sdk";
import type { TriggerConfig } from "@trigger.dev/sdk/internal";
import { describeBundle } from "./manifest";

const run = () => Promise.resolve();
const describeAll = () => describeBundle({ config: undefined, files: [], absent: [] }, "/");

test("two names are two queues, whatever letters they have, and a queue is called what it is called", () => {
  const long = "n".repeat(128);
  for (const id of ["邮件", "订单", "emails.send", "emails-send", "emails send", "50% off/a,b", long])
    task({ id, queue: { concurrencyLimit: 1 }, run });
  queue({ name: "my queue", concurrencyLimit: 2 });
  queue({ name: "my-queue", concurrencyLimit: 3 });
  const { tasks, queues } = describeAll();
  expect(tasks.map(({ id, queue: name }) => name === `task/${id}`)).toEqual(tasks.map(() => true));
  expect(queues).toHaveLength(9);
  expect(queues).toContainEqual({ name: "my queue", concurrencyLimit: 2 });
  expect(queues).toContainEqual({ name: "my-queue", concurrencyLimit: 3 });
});

test.each<[TriggerConfig, object]>([
  [{ project: "p", maxDuration: 60, processKeepAlive: true }, {}],
  [{ project: "p", maxDuration: 60, processKeepAlive: false }, { isolation: "process" }],
  [{ project: "p", maxDuration: 60, processKeepAlive: false, isolation: "shared" }, { isolation: "shared" }],
  [
    { project: "p", maxDuration: 60, experimental_processKeepAlive: { enabled: true, maxExecutionsPerProcess: 5, devMaxPoolSize: 1 } },
    { runsPerProcess: 5, devProcesses: 1 },
  ],
])("of %j the processes are %j", (config, expected) => {
  expect(describeBundle({ config, files: [], absent: [] }, "/").config).toEqual({ maxDuration: 60, ...expected });
});

test("a name that no row can hold is refused, never changed", () => {
  queue({ name: "half \ud83d" });
  expect(describeAll).toThrow(/queue "half \\ud83d" may not contain control characters or unpaired surrogates/);
});
