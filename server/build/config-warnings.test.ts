import { afterEach, expect, it } from "vitest";
import { config, descriptions, makeProject, task, type TestProject } from "./fixtures/project";

let project: TestProject;
afterEach(() => project.remove());

/** Messages of the warnings that a build of this config gives. */
async function warningsOf(keys: string, imports = ""): Promise<string[]> {
  project = makeProject({ "trigger.config.ts": imports + config(keys), "trigger/a.ts": task("a") });
  expect(descriptions(await project.built())).toEqual({ a: "ok" });
  return project.lines.map((line): { level: string; message: string } => JSON.parse(line)).flatMap(({ level, message }) => (level === "warn" ? [message] : []));
}

it("names each key of the config that has no effect, and what to do", async () => {
  const said = await warningsOf(`runtime: "bun", processKeepAlive: { enabled: true, maxExecutionsPerProcess: 3 }, legacyDevProcessCwdBehaviour: false, extraCACerts: "./ca.pem",
    telemetry: { exporters: [new Map()] }, instrumentations: [], deploy: { env: { A: "b" } }, additionalPackages: ["x"], additionalFiles: ["./y"], dependenciesToBundle: [/z/], postInstall: "make",
    retry: { maxAttempts: 3 }, colour: "red"`);
  expect(said).toEqual([
    expect.stringMatching(/^trigger\.config\.ts: "runtime" is not honoured\. Tasks run on the Node of the server, v\d+/),
    expect.stringContaining('"processKeepAlive" is not honoured. Processes are kept'),
    expect.stringContaining('"legacyDevProcessCwdBehaviour" is not honoured'),
    expect.stringContaining('"extraCACerts" is not honoured. Start Signalbox with NODE_EXTRA_CA_CERTS'),
    expect.stringContaining('"deploy" is not honoured. Put the variables into'),
    expect.stringContaining('"additionalPackages" is not honoured'),
    expect.stringContaining('"additionalFiles" is not honoured'),
    expect.stringContaining('"dependenciesToBundle" is not honoured'),
    expect.stringContaining('"postInstall" is not honoured'),
    'trigger.config.ts: "retry" is no key of the config and is ignored. Did you mean "retries"?',
    'trigger.config.ts: "colour" is no key of the config and is ignored',
  ]);
});

it("is silent about what is followed, or asks for what happens anyway", async () => {
  const said = await warningsOf(`runtime: "node", processKeepAlive: true, legacyDevProcessCwdBehaviour: true, compatibilityFlags: ["run_engine_v2"], ttl: "1h", machine: "small-1x",
    retries: { default: { maxAttempts: 2 } }, logLevel: "debug", isolation: "shared", onStart: () => {}, build: { experimental_minify: true, keepNames: true, extensions: [{ name: "modern", externalsForTarget: () => ["x"] }] }`);
  expect(said).toEqual([]);
});

it("reads a config whose extensions are not installed, and names each that is not applied", async () => {
  const said = await warningsOf(
    'build: { extensions: [aptGet({ packages: ["ffmpeg"] }), prismaExtension({ mode: "legacy" }), pythonExtension(), { name: "my own", onBuildStart() {} }] }',
    'import { aptGet } from "@trigger.dev/build/extensions/core"; import { prismaExtension } from "@trigger.dev/build/extensions/prisma"; import { pythonExtension } from "@trigger.dev/python/extension";\n',
  );
  expect(said).toEqual([
    'trigger.config.ts: The build extension "aptGet" is not applied. Install what it brings on this machine, for the user that runs Signalbox',
    'trigger.config.ts: The build extension "prismaExtension" is not applied. Run prisma generate, and migrations, yourself before the start',
    'trigger.config.ts: The build extension "pythonExtension" is not applied. Install Python and the requirements on this machine',
    'trigger.config.ts: The build extension "my own" is not applied',
  ]);
});

it("leaves outside of the bundle what an extension names", async () => {
  project = makeProject({
    "trigger.config.ts": config('build: { extensions: [{ name: "client", externalsForTarget: (target) => (target === "deploy" ? ["generated"] : []) }] }'),
    "trigger/a.ts": `import { where } from "generated";\n${task("a", "where")}`,
    "node_modules/generated/package.json": '{"name": "generated", "version": "1.0.0", "type": "module", "exports": "./index.js"}',
    "node_modules/generated/index.js": "export const where = new Error().stack.includes('node_modules/generated/index.js') ? 'at home' : 'moved';",
  });
  expect(descriptions(await project.built())).toEqual({ a: "at home" });
});
