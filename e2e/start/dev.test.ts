import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOf } from "./client";
import { createProject, startServer, type Project, type ServerProcess } from "./server-process";

/** Tasks only: the dashboard's own hot reload is Next's. */
const tasksOnly = { SIGNALBOX_ROLES: "engine,worker" };
const task = (id: string, value: string) => `import { task } from "@trigger.dev/sdk";
export const it = task({ id: ${JSON.stringify(id)}, run: async () => ${JSON.stringify(value)} });
`;

let project: Project;
let server: ServerProcess;
let key: string;
beforeAll(async () => {
  project = createProject();
  // Broken from the start: it waits for what repairs it.
  project.write("trigger/greet.ts", "export const x = ;\n");
  let isRepaired = false;
  server = await startServer(project, tasksOnly, "dev", (output) => {
    if (isRepaired || !output.includes("it starts when that is put right")) return;
    isRepaired = true;
    project.write("trigger/greet.ts", task("greet", "zero"));
  });
  key = server.secretKey ?? "";
}, 120_000);
afterAll(async () => {
  server.kill("SIGKILL");
  await server.ended;
  project.remove();
});

const said = (text: string | RegExp, from: number) =>
  expect.poll(() => server.output().slice(from), { timeout: 20_000, interval: 20 }).toMatch(text);
async function outputOf(id: string): Promise<unknown> {
  const client = clientOf(server.origin, key);
  const run = await client.trigger(id, {});
  expect(await client.ended(run)).toBe("COMPLETED");
  return (await client.run(run)).output;
}

test("serves the environment dev with a key of its own, which it keeps for its owner alone", () => {
  expect(key).toMatch(/^tr_dev_[A-Za-z0-9]{32}$/);
  const file = join(project.data, "dev.key");
  expect(readFileSync(file, "utf8")).toBe(`${key}\n`);
  expect(statSync(file).mode & 0o077).toBe(0);
});

test("started for the first time while the project is broken, it says what is wrong and waits for the repair", async () => {
  expect(server.output()).toMatch(/the project is broken; it starts when that is put right.*trigger\/greet\.ts:1:18/);
  expect(await outputOf("greet")).toBe("zero");
});

test("a first start that waits for a repair stops when it is asked to", async () => {
  const broken = createProject();
  broken.write("trigger.config.ts", "export default {};\n");
  let isAsked = false;
  const ended = startServer(broken, tasksOnly, "dev", (output, kill) => {
    if (isAsked || !output.includes("it starts when that is put right")) return;
    isAsked = true;
    kill("SIGTERM");
  });
  await expect(ended).rejects.toThrow(/ended instead of starting \(0\)/);
  broken.remove();
}, 60_000);

test("runs are told as they start, write, end and fail, with their duration, reason and address", async () => {
  project.write(
    "trigger/told.ts",
    `import { task } from "@trigger.dev/sdk";
    export const told = task({ id: "told", retry: { maxAttempts: 1 }, run: async (payload: { fail?: boolean }) => { console.log("written by the run"); if (payload.fail) throw new TypeError("no good\\nand more"); } });`,
  );
  await said(/"deployed"/, 0);
  const client = clientOf(server.origin, key);
  const from = server.output().length;
  await expect.poll(() => client.trigger("told", {}).catch(() => "")).toMatch(/^run_/);
  const failing = await client.trigger("told", { fail: true });
  expect(await client.ended(failing)).toBe("FAILED");
  await said(/"message":"told started","run":"run_/, from);
  await said(/"message":"told \| written by the run"/, from);
  await said(/"message":"told completed in [\d.]+ ?m?s","run":"run_/, from);
  await said(
    new RegExp(
      `"level":"warn","message":"told failed after [\\d.]+ ?m?s: TypeError: no good","run":"${failing}","link":"${server.origin}/runs/${failing}"`,
    ),
    from,
  );
  // Many are counted rather than listed.
  await Promise.all(Array.from({ length: 100 }, () => client.trigger("told", {})));
  await said(/… and more runs in this second: .*started.*completed.*lines written/, from);
}, 60_000);

test("a file that goes back to what it was is told to be repaired", async () => {
  let from = server.output().length;
  project.write("trigger/greet.ts", "export const x = ;\n");
  await said(/the last good version goes on/, from);
  from = server.output().length;
  project.write("trigger/greet.ts", task("greet", "zero"));
  await said(/the project builds again/, from);
  expect(await outputOf("greet")).toBe("zero");
}, 60_000);

test("a saved task runs with its new code; a broken one is named while the last good version goes on; repaired, it is back", async () => {
  let from = server.output().length;
  project.write("trigger/greet.ts", task("greet", "one"));
  await said(/"deployed"/, from);
  expect(await outputOf("greet")).toBe("one");

  from = server.output().length;
  project.write("trigger/greet.ts", "export const x = ;\n");
  await said(/the last good version goes on.*trigger\/greet\.ts:1:18/, from);
  expect(await outputOf("greet")).toBe("one");

  from = server.output().length;
  project.write("trigger/greet.ts", task("greet", "two"));
  await said(/"deployed"/, from);
  expect(await outputOf("greet")).toBe("two");
}, 60_000);

test("started while the project is broken, it serves the last good version and says what is wrong", async () => {
  const saved = server.output().length;
  project.write("trigger/broken.ts", "import './nowhere';\n");
  // Otherwise this may be told after the signal, which would be in order.
  await said(/trigger\/broken\.ts:1:8/, saved);
  const client = clientOf(server.origin, key);
  const running = await client.trigger("slow", { ms: 60_000 });
  await expect.poll(async () => (await client.run(running)).status).toBe("EXECUTING");
  const from = server.output().length;
  server.kill("SIGINT");
  expect(await server.ended).toEqual({ code: 0, signal: null });
  // What is handed back in order is nothing to warn of.
  expect(server.output().slice(from)).not.toMatch(/"level":"(?:warn|error)"/);
  server = await startServer(project, tasksOnly, "dev");
  expect(server.output()).toMatch(/trigger\/broken\.ts:1:8/);
  expect(await outputOf("greet")).toBe("two");
}, 60_000);
