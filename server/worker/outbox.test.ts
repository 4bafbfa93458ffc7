import { expect, test } from "vitest";
import type { FromWorker } from "@/lib/contracts/ipc";
import { createOutbox } from "./outbox";

const about = (runId: string, usageMs: unknown): FromWorker => ({ type: "parked", runId, epoch: 1, usageMs: usageMs as number }); // what a fault of the SDK would let through

/** As `process.send` does it: the whole batch is one JSON text. */
function channel() {
  const sent: FromWorker[] = [];
  return {
    sent,
    write(messages: FromWorker[], done: (error: Error | null) => void) {
      sent.push(...(JSON.parse(JSON.stringify(messages)) as FromWorker[])); // what went in
      done(null);
    },
  };
}

test("a message that the channel cannot carry costs its own run, and none of those beside it", async () => {
  const { sent, write } = channel();
  const refused: string[] = [];
  const outbox = createOutbox({
    write,
    onRefused(message) {
      refused.push("runId" in message ? message.runId : message.type);
      outbox.send(about("run_told", 0));
    },
  });
  outbox.send(about("run_1", 1));
  outbox.send(about("run_bad", 1n));
  outbox.send(about("run_2", 2));
  await outbox.flush();
  expect(sent.map((message) => "runId" in message && message.runId)).toEqual(["run_1", "run_2", "run_told"]);
  expect(refused).toEqual(["run_bad"]);
});

test("a flush ends even when nothing can be sent", async () => {
  const outbox = createOutbox({
    write() {
      throw new Error("the channel is closed");
    },
    onRefused() {},
  });
  outbox.send(about("run_1", 1));
  outbox.send(about("run_2", 1));
  await expect(outbox.flush()).resolves.toBeUndefined();
});
