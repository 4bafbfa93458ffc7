import { expect, test } from "vitest";
import { queue, task } from "@trigger.dev/sdk";
import { describeBundle } from "./manifest";

const run = () => Promise.resolve();
const describeAll = () => describeBundle({ config: undefined, files: [], absent: [] }, "/");

test("two names are two queues, whatever letters they have, and a queue is called what it is called", () => {
  const long = "n".repeat(128);
  for (const id of ["邮件", "订单", "emails.send", "emails-send", "emails send", "50% off/a,b", long]) task({ id, queue: { concurrencyLimit: 1 }, run });
  queue({ name: "my queue", concurrencyLimit: 2 });
  queue({ name: "my-queue", concurrencyLimit: 3 });
  const { tasks, queues } = describeAll();
  expect(tasks.map(({ id, queue: name }) => name === `task/${id}`)).toEqual(tasks.map(() => true));
  expect(queues).toHaveLength(9);
  expect(queues).toContainEqual({ name: "my queue", concurrencyLimit: 2 });
  expect(queues).toContainEqual({ name: "my-queue", concurrencyLimit: 3 });
});

test("a name that no row can hold is refused, never changed", () => {
  queue({ name: "half \ud83d" });
  expect(describeAll).toThrow(/queue "half \\ud83d" may not contain control characters or unpaired surrogates/);
});
