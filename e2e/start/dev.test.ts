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
  server = await startServer(project, tasksOnly, "dev");
  key = server.secretKey ?? "";
}, 120_000);
afterAll(async () => {
  server.kill("SIGKILL");
  await server.ended;
  project.remove();
});

const said = (text: string | RegExp, from: number) => expect.poll(() => server.output().slice(from), { timeout: 20_000, interval: 20 }).toMatch(text);
async function outputOf(id: string): Promise<unknown> {
  const client = clientOf(server.origin, key);
  const run = await client.trigger(id, {});
  expect(await client.ended(run)).toBe("COMPLETED");
  return (await client.run(run)).output;
}

test("serves the environment dev with a key of its own", () => {
  expect(key).toMatch(/^tr_dev_[A-Za-z0-9]{32}$/);
});

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
  project.write("trigger/broken.ts", "import './nowhere';\n");
  server.kill("SIGTERM");
  expect(await server.ended).toEqual({ code: 0, signal: null });
  server = await startServer(project, tasksOnly, "dev");
  expect(server.output()).toMatch(/trigger\/broken\.ts:1:8/);
  expect(await outputOf("greet")).toBe("two");
}, 60_000);
