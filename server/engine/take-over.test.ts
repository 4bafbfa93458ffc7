import { expect, it } from "vitest";
import { start, until } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { listEvents } from "./reads/run";
import { continueRun } from "./resume";
import { updateMetadata } from "./update-metadata";

const suite = engineSuite();

it("a run that is changed between its claim and its new process has one event for each version", async () => {
  const n = await suite.node({ forever: () => new Promise(() => {}) });
  const { id } = await start(n, "forever");
  await until(n, id, "EXECUTING");
  const claimed = n.engine.live.get(id)?.stored;
  if (claimed === undefined) throw new Error("the run is not live");
  await updateMetadata(n.engine, id, { metadata: { changed: true } });
  n.executor.held.delete(id);
  await continueRun(n.engine, claimed);
  expect(n.executor.assigned.map((assignment) => assignment.epoch)).toEqual([claimed.epoch, claimed.epoch + 1]);
  expect((await listEvents(suite.db, id)).map((event) => [event.version, event.type])).toEqual([[1, "created"], [2, "started"], [3, "metadata"]]);
});
