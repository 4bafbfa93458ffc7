import { afterEach, beforeEach, expect, it } from "vitest";
import { isFinal } from "@/lib/contracts/status";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { getRunDetail, listRuns } from "@/server/engine/reads/runs";
import { trigger } from "@/server/engine/triggering/trigger";
import { openProject, taskFile, type Node, type Project } from "./fixtures/node";

let project: Project;
let node: Node;
beforeEach(async () => {
  project = await openProject({ "trigger/tasks.ts": taskFile(tasks) });
  node = await project.open();
});
afterEach(() => project.remove());

const start = async (task: string, payload?: unknown, options: TriggerOptions = {}) =>
  (await trigger(node.engine, { task, payload: encodePacket(payload), options })).id;
const runOf = (id: string) => getRunDetail(node.engine.db, "env_1", id);
async function ended(id: string) {
  await expect.poll(async () => isFinal((await runOf(id))?.status ?? "QUEUED"), { timeout: 30_000 }).toBe(true);
  const run = await runOf(id);
  expect(run).toMatchObject({ status: "COMPLETED" });
  return { run, output: decodePacket({ data: run?.output ?? null, dataType: run?.outputType ?? "" }) };
}

const tasks = `
const debounce = { key: "k", delay: "2s", mode: "trailing" as const };
export const child = task({ id: "child", run: async (payload: number[]) => payload });
export const parent = task({ id: "parent", run: async (n: number) => {
  const handle = await child.trigger([n, 1], { debounce });
  const [{ runs }, waited] = await Promise.all([batch.triggerAndWait<typeof child>([{ id: "child", payload: [n, 2], options: { debounce } }]), child.triggerAndWait([n, 3], { debounce })]);
  return { ids: [handle.id, runs[0]?.id, waited.id], outputs: [runs[0]?.ok && runs[0].output, waited.ok && waited.output] };
} });
`;

it("a debounced child of several parents is one run, with the last payload, and all of them go on with its output", async () => {
  const parents = [await start("parent", 1), await start("parent", 2)];
  const results = [];
  for (const id of parents) results.push((await ended(id)).output);
  const { rows } = await listRuns(node.engine.db, "env_1", { limit: 10, task: ["child"] });
  // On a machine so slow that two calls are two seconds apart there are more runs: each was not delayed any more when it was asked for.
  const ids = new Set(rows.map((run) => run.id));
  expect(rows.length).toBeLessThan(6);
  for (const result of results as { ids: string[]; outputs: number[][] }[]) {
    expect(result.ids.every((id) => ids.has(id))).toBe(true);
    for (const output of result.outputs) expect(output[1]).toBeGreaterThan(1);
  }
});
