import { expect, it } from "vitest";
import type { Operation, OperationOutcome } from "@/lib/contracts/ipc";
import { encodePacket } from "@/lib/values/packet";
import { start, until, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { completeToken, createToken } from "../waiting/token";

const suite = engineSuite();

const child = { task: "child", payload: encodePacket(null), options: {} };
const operations: Operation[] = [
  { kind: "trigger", ...child },
  { kind: "trigger", ...child, options: { idempotencyKey: "k" } },
  { kind: "trigger", ...child, options: { idempotencyKey: "k" } },
  { kind: "batchTrigger", wait: false, items: [child, child] },
];
const handleOf = (outcome: OperationOutcome | undefined) =>
  outcome?.ok === true ? (outcome.value as { id: string; isCached?: boolean; publicAccessToken: string }) : undefined; // what the contract says of these operations

it("handles made in a run open what they name, and are the same ones when the run is resumed", async () => {
  const handed: OperationOutcome[] = [];
  let tokenId = "";
  const parent: TestTask = async ({ operate }) => {
    for (const operation of operations) handed.push(await operate(operation));
    await operate({ kind: "waitForToken", tokenId });
  };
  const one = await suite.node({ parent, child: async () => 1 });
  tokenId = (await createToken(one.engine, {}, {})).token.id;
  const { id } = await start(one, "parent");
  await until(one, id, "WAITING");
  const [fresh, keyed, cached, batch] = handed.map(handleOf);
  expect(cached).toMatchObject({ id: keyed?.id, isCached: true });
  for (const handle of [fresh, keyed, cached, batch]) expect(handle?.publicAccessToken).toBe(`access to ${handle?.id}`);

  await suite.crash(one);
  const two = await suite.node({ parent: ({ assignment }) => Promise.resolve(assignment.resume?.journal.length), child: async () => 1 });
  await completeToken(two.engine, tokenId, encodePacket(1), { by: "test" });
  await until(two, id);
  const resumed = two.executor.assigned.find((assignment) => assignment.runId === id)?.resume?.journal;
  expect(resumed?.slice(0, operations.length).map((entry) => entry.outcome)).toEqual(handed);
});
