import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { compileRuntime, type Runtime } from "@/server/worker/test/compile";
import { assign, supervise } from "@/server/worker/test/supervised";
import { decodePacket } from "@/lib/values/packet";
import { makeProject, type TestProject } from "./fixtures/project";
import { sdkEntries } from "./own-modules";

// With the real SDK and the real worker: what a project imports of the SDK, and what its tasks say of themselves.
let runtime: Runtime;
let project: TestProject;
beforeAll(async () => {
  runtime = await compileRuntime();
}, 60_000);
afterAll(() => runtime.close());
afterEach(() => project.remove());

const config = 'import { defineConfig } from "@trigger.dev/sdk";\nexport default defineConfig({ project: "proj_test", maxDuration: 60 });';
const make = (files: Record<string, string>) =>
  (project = makeProject({ "trigger.config.ts": config, ...files }, { workerEntry: runtime.workerEntry, sdkEntry: runtime.sdkEntry }));
const warnings = () =>
  project.lines
    .map((line): { level: string; message: string } => JSON.parse(line))
    .flatMap(({ level, message }) => (level === "warn" ? [message] : []));
const one = (id: string) => `task({ id: "${id}", run: async () => "${id}" })`;

it("links the same entries of the SDK as its package.json names", () => {
  make({});
  const { exports } = JSON.parse(readFileSync(join(import.meta.dirname, "../../lib/sdk/package.json"), "utf8"));
  const entries = Object.entries({ ...sdkEntries, ".": "index", internal: "internal" }).map(([entry, module]) => [
    entry === "." ? entry : `./${entry}`,
    `./${module}.ts`,
  ]);
  expect({ ...Object.fromEntries(entries), "./package.json": "./package.json" }).toEqual(exports);
});

it("starts a project that imports and defines what is not built, says so, and the use of it throws in a run", async () => {
  make({
    "trigger/good.ts": `import { task } from "@trigger.dev/sdk"; export const good = ${one("good")};`,
    "trigger/odd.ts": `import { otel, prompts, sessions, task, TriggerClient, toolTask, webhooks } from "@trigger.dev/sdk/v3";
      import { chat, ai } from "@trigger.dev/sdk/ai"; import { createChatTransport } from "@trigger.dev/sdk/chat"; import { chat as server } from "@trigger.dev/sdk/chat-server";
      import { awsCredentialProvider } from "@trigger.dev/sdk/oidc/aws"; import { readFileInSkill } from "@trigger.dev/sdk/ai/skills-runtime"; import { mockChatAgent } from "@trigger.dev/sdk/ai/test";
      import { useTriggerChatTransport } from "@trigger.dev/sdk/chat/react"; import { python } from "@trigger.dev/python";
      export const approval = sessions.defineChannel({ id: "approval" });
      export const agent = chat.withUIMessage().agent({ id: "support", run: async () => {} });
      const counter = otel.metrics.getMeter("shop").createCounter("orders");
      const client = new TriggerClient({ accessToken: "tr_dev_x" });
      const tried = async (call: () => unknown) => { try { return await call(); } catch (error) { return String(error); } };
      export const odd = task({ id: "odd", run: async () => [
        await tried(() => approval.open()), await tried(() => counter.add(1)), await tried(() => prompts.list()), await tried(() => sessions.defineChannel({ id: "late" })),
        await tried(() => client.prompts.list()), await tried(() => ai.tool(odd)), await tried(() => python.runScript("a.py")), otel.withExternalTrace(() => "in the trace"), typeof toolTask, approval.id,
        [webhooks, createChatTransport, server, awsCredentialProvider, readFileInSkill, mockChatAgent, useTriggerChatTransport].map((used) => typeof used).join(),
      ] });`,
  });
  const { bundle, manifest } = await project.built();
  expect(manifest.tasks.map(({ id }) => id).toSorted()).toEqual(["good", "odd"]);
  expect(warnings()).toEqual([
    expect.stringContaining('sessions.defineChannel({ id: "approval" }) is not available yet in Signalbox'),
    expect.stringContaining("chat.withUIMessage() is not available yet"),
  ]);

  const worker = supervise(runtime.workerEntry, join(project.options.dataDir, "builds", bundle, "bundle.mjs"), { cwd: project.directory });
  await worker.hears("ready");
  worker.send(assign("run_odd", "odd"));
  const { result } = await worker.hears("finished");
  worker.child.kill();
  const missing = (name: string) => expect.stringContaining(`NotAvailableError: ${name} is not available yet in Signalbox. `);
  expect(result.ok && decodePacket(result.output)).toEqual([
    missing("sessions.defineChannel().open()"),
    undefined,
    missing("prompts.list()"),
    missing("sessions.defineChannel()"),
    missing("prompts.list()"),
    missing("ai.tool()"),
    expect.stringContaining("python.runScript(): there is no script a.py"),
    "in the trace",
    "function",
    "approval",
    "object,function,object,function,function,function,function",
  ]);
});

it("gives a task to the file that defines it, whoever else exports it or calls it into being", async () => {
  make({
    "trigger/a-barrel.ts": 'export * from "./send"; export * from "../src/outside"; export { made } from "./made";',
    "trigger/send.ts": `import { task } from "@trigger.dev/sdk"; export const send = ${one("send")}; export const examplePayload = { to: "ada" };`,
    "trigger/made.ts": 'import { make } from "../src/factory"; export const made = make("made"); make("hidden");',
    "src/factory.ts": 'import { task } from "@trigger.dev/sdk"; export const make = (id: string) => task({ id, run: async () => id });',
    "src/outside.ts": `import { task } from "@trigger.dev/sdk"; export const outside = ${one("outside")};`,
  });
  const { manifest } = await project.built();
  expect(Object.fromEntries(manifest.tasks.map(({ id, filePath }) => [id, filePath]))).toEqual({
    send: "trigger/send.ts",
    outside: "src/outside.ts",
    made: "trigger/made.ts",
    hidden: "trigger/made.ts",
  });
  expect(manifest.tasks.find(({ id }) => id === "send")?.examplePayload).toEqual({ to: "ada" });

  project.write({ "trigger/again.ts": `import { task } from "@trigger.dev/sdk"; ${one("send")};` });
  expect((await project.error()).message).toBe('Two tasks have the id "send" (trigger/send.ts, trigger/again.ts): give each its own');
});

it("offers of an example what JSON can say of it, and says when that is nothing", async () => {
  const files = {
    big: "{ n: 10n, at: new Date(0), of: new Map([['a', 1]]), tags: new Set(['x']), none: undefined }",
    cyclic: "(() => { const c: Record<string, unknown> = {}; c.self = c; return c; })()",
    code: "() => 1",
    throwing: "{ toJSON() { throw new Error('no'); } }",
    plain: "[1]",
  };
  make(
    Object.fromEntries(
      Object.entries(files).map(([id, example]) => [
        `trigger/${id}.ts`,
        `import { task } from "@trigger.dev/sdk"; export const ${id} = ${one(id)}; export const examplePayload: unknown = ${example};`,
      ]),
    ),
  );
  const { manifest } = await project.built();
  expect(Object.fromEntries(manifest.tasks.map(({ id, examplePayload }) => [id, examplePayload]))).toEqual({
    big: { n: "10", at: "1970-01-01T00:00:00.000Z", of: { a: 1 }, tags: ["x"] },
    cyclic: undefined,
    code: undefined,
    throwing: undefined,
    plain: [1],
  });
  expect(warnings()).toEqual(
    ["cyclic", "code", "throwing"]
      .toSorted()
      .map((id) => `examplePayload of trigger/${id}.ts cannot be written as JSON, and is not offered on the Test page`),
  );
});
