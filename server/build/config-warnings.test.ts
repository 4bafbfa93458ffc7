import { afterEach, expect, it } from "vitest";
import { config, descriptions, makeProject, task, type TestProject } from "./fixtures/project";

let project: TestProject;
afterEach(() => project.remove());

/** Messages of the warnings that a build of this config gives. */
async function warningsOf(keys: string): Promise<string[]> {
  project = makeProject({ "trigger.config.ts": config(keys), "trigger/a.ts": task("a") });
  expect(descriptions(await project.built())).toEqual({ a: "ok" });
  return project.lines
    .map((line): { level: string; message: string } => JSON.parse(line))
    .flatMap(({ level, message }) => (level === "warn" ? [message] : []));
}

it("names each key of the config that has no effect, where it stands, and what to do", async () => {
  const said = await warningsOf(`runtime: "bun", telemetry: { exporters: [new Map()] }, instrumentations: [],
    retry: { maxAttempts: 3 }, colour: "red", build: { extension: [], minify: false }`);
  expect(said).toEqual([
    expect.stringMatching(/^trigger\.config\.ts:2:\d+: "runtime" is not honoured\. Tasks run on the Node of the server, v\d+/),
    'trigger.config.ts:3:5: "retry" is no key of the config and is ignored. Did you mean "retries"?',
    expect.stringContaining('"colour" is no key of the config and is ignored'),
    expect.stringMatching(
      /^trigger\.config\.ts:3:\d+: "build.extension" is no key of the config and is ignored. Did you mean "extensions"\?/,
    ),
  ]);
});

it("is silent about what is followed, or asks for what happens anyway", async () => {
  const said =
    await warningsOf(`runtime: "node", processKeepAlive: { enabled: true, maxExecutionsPerProcess: 3 }, legacyDevProcessCwdBehaviour: true, compatibilityFlags: ["run_engine_v2"], ttl: "1h", machine: "small-1x",
    retries: { default: { maxAttempts: 2 } }, logLevel: "debug", isolation: "shared", onStart: () => {}, deploy: { env: { A: "b" } }, dependenciesToBundle: [/z/],
    build: { experimental_minify: true, keepNames: true, extensions: [false, { name: "modern", externalsForTarget: () => ["x"] }] }`);
  expect(said).toEqual([]);
});

it("leaves outside of the bundle what an extension names", async () => {
  project = makeProject({
    "trigger.config.ts": config(
      'build: { extensions: [{ name: "client", externalsForTarget: (target) => (target === "deploy" ? ["generated"] : []) }] }',
    ),
    "trigger/a.ts": `import { where } from "generated";\n${task("a", "where")}`,
    "node_modules/generated/package.json": '{"name": "generated", "version": "1.0.0", "type": "module", "exports": "./index.js"}',
    "node_modules/generated/index.js":
      "export const where = new Error().stack.includes('node_modules/generated/index.js') ? 'at home' : 'moved';",
  });
  expect(descriptions(await project.built())).toEqual({ a: "at home" });
});
