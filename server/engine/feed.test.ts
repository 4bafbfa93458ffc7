import { expect, it } from "vitest";
import { start, until } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";

const suite = engineSuite();

it("a listener that throws keeps neither the others nor what follows a commit", async () => {
  const node = await suite.node({
    waits: ({ operate }) => operate({ kind: "waitUntil", date: new Date(0).toISOString(), durationMs: 30 }),
    parent: ({ operate }) =>
      operate({ kind: "triggerAndWait", task: "waits", payload: { data: null, dataType: "application/json" }, options: {} }),
  });
  const { feed } = node.engine;
  const fail = () => {
    throw new Error("a socket is in a bad state");
  };
  for (const listen of [feed.onRuns, feed.onTrace, feed.onChunks, feed.onTokens, feed.onQueues]) listen(fail);
  const heard: string[] = [];
  feed.onRuns((changes) => heard.push(...changes.flatMap((change) => change.events.map((event) => event.type))));
  const { id } = await start(node, "parent");
  expect(await until(node, id)).toMatchObject({ status: "COMPLETED" });
  // At a claim, too: these find no free slot.
  node.executor.slots = 0;
  const runs = await Promise.all(Array.from({ length: 3 }, () => start(node, "waits")));
  node.executor.slots = 20;
  node.engine.capacityChanged();
  for (const run of runs) expect(await until(node, run.id)).toMatchObject({ status: "COMPLETED" });
  expect(heard).toContain("completed");
});
