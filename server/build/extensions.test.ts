import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { config, descriptions, dist, makeProject, task, type TestProject } from "./fixtures/project";

let project: TestProject;
afterEach(() => project.remove());

const imports = `import { additionalFiles, additionalPackages, aptGet, ffmpeg, syncEnvVars, syncNeonEnvVars } from "@trigger.dev/build/extensions/core"; import { esbuildPlugin } from "@trigger.dev/build/extensions";
import { prismaExtension } from "@trigger.dev/build/extensions/prisma"; import { playwright } from "@trigger.dev/build/extensions/playwright"; import { puppeteer } from "@trigger.dev/build/extensions/puppeteer";
import { lightpanda } from "@trigger.dev/build/extensions/lightpanda"; import { audioWaveform } from "@trigger.dev/build/extensions/audioWaveform"; import { emitDecoratorMetadata } from "@trigger.dev/build/extensions/typescript";
import { pythonExtension } from "@trigger.dev/python/extension";
`;
/** A project whose config has these extensions, and nothing of Trigger.dev installed. */
function withExtensions(list: string, files: Record<string, string> = {}, changes: Parameters<typeof makeProject>[1] = {}): TestProject {
  const all = { "trigger.config.ts": `${imports}${config(`build: { extensions: [${list}] }`)}`, "trigger/a.ts": task("a"), ...files };
  return (project = makeProject(all, {
    sdkEntry: join(dist, "sdk", "index.js"),
    workerEntry: join(dist, "worker", "main.js"),
    ...changes,
  }));
}
const said = (level = "warn") =>
  project.lines
    .map((line): { level: string; message: string } => JSON.parse(line))
    .flatMap((line) => (line.level === level ? [line.message] : []));
async function built() {
  const result = await project.built();
  const folder = join(project.options.dataDir, "builds", result.bundle);
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  return { ...result, folder, read, record: JSON.parse(read("build.json")), options: JSON.parse(read("node.json")) };
}

describe("an extension of one's own", () => {
  const own = `{
    name: "own",
    externalsForTarget: (target) => [target === "deploy" ? "left-out" : "other"],
    async onBuildStart(context) {
      context.logger.log("target", context.target, context.config.project, await context.resolvePath("left-out"));
      context.registerPlugin({ name: "answer", setup(build) { build.onResolve({ filter: /^virtual:answer$/ }, () => ({ path: "answer", namespace: "virtual" })); build.onLoad({ filter: /.*/, namespace: "virtual" }, () => ({ contents: "export const answer = 42;" })); } });
      context.registerPlugin({ name: "not here", setup() { throw new Error("of another target"); } }, { target: "dev" });
    },
    async onBuildComplete(context, manifest) {
      context.logger.warn("bundled", manifest.files, manifest.externals);
      context.addLayer({ id: "mine", files: { "made/by.txt": "the extension" }, commands: ["node -e 'require(\\"fs\\").writeFileSync(\\"ran.txt\\", process.env.FOR_COMMANDS + process.cwd())'"], build: { env: { FOR_COMMANDS: "with " } },
        deploy: { env: { OF_LAYER: "plain" }, secretEnv: { HIDDEN: "s3cret-value" } }, conditions: ["special"], image: { pkgs: ["no-such-package-anywhere"], instructions: ["RUN something"] } });
    },
  }`;
  const files = {
    "trigger/a.ts": `import { answer } from "virtual:answer"; import { where } from "left-out"; import { which } from "conditional"; import { task } from "@trigger.dev/sdk";
      export const a = task({ id: "a", description: [answer, where, which, process.env.OF_LAYER].join(" "), run: async () => "ok" });`,
    "node_modules/left-out/package.json": '{"name": "left-out", "version": "1.2.3", "type": "module", "exports": "./index.js"}',
    "node_modules/left-out/index.js":
      "export const where = new Error().stack.includes('node_modules/left-out/index.js') ? 'outside' : 'inside';",
    "node_modules/conditional/package.json":
      '{"name": "conditional", "version": "1.0.0", "type": "module", "exports": {"special": "./special.js", "default": "./index.js"}}',
    "node_modules/conditional/index.js": "export const which = 'default';",
    "node_modules/conditional/special.js": "export const which = 'special';",
  };

  it("has its hooks called in order with a context; plugins, externals, files, commands and variables have their effect, and are on record without values", async () => {
    withExtensions(own, files);
    const { manifest, folder, read, record, options, lacks } = await built();
    expect(manifest.tasks[0]?.description).toBe("42 outside default plain");
    expect(said("info")).toEqual([
      `own: target deploy proj_test ${join(project.directory, "node_modules/left-out/index.js")}`,
      "running a command of the build",
    ]);
    expect(read("made/by.txt")).toBe("the extension");
    expect(read("ran.txt")).toMatch(/^with .*\/builds\/\.new-/);
    expect(record.layers).toEqual([
      {
        extension: "own",
        id: "mine",
        files: ["made/by.txt"],
        commands: [expect.stringContaining("ran.txt")],
        packages: ["no-such-package-anywhere"],
        instructions: ["RUN something"],
        container: { instructions: [], env: {} },
        dependencies: {},
        conditions: ["special"],
        variables: ["OF_LAYER", "HIDDEN"],
        places: [],
      },
    ]);
    expect(options).toMatchObject({ conditions: ["special"], variables: { defaults: { OF_LAYER: "plain", HIDDEN: "s3cret-value" } } });
    expect(statSync(join(folder, "node.json")).mode & 0o777).toBe(0o600);
    expect(lacks).toEqual([
      expect.stringMatching(/^own: .*no-such-package-anywhere/),
      expect.stringContaining("own: Its instructions are for an image"),
    ]);
    expect(said()).toEqual([expect.stringContaining("own: bundled"), ...lacks]);
    expect(said()[0]).toContain("{ name: 'left-out', version: '1.2.3' }");
    for (const place of [project.lines.join("\n"), read("build.json"), read("manifest.json")]) expect(place).not.toContain("s3cret-value");
  });

  it("runs its commands once per version, and not in dev", async () => {
    withExtensions(
      '{ name: "counting", onBuildStart: (context) => context.addLayer({ id: "count", commands: [`echo ran >> ${context.workingDir}/count.txt`] }) }',
    );
    await built();
    await built();
    expect(readFileSync(join(project.directory, "count.txt"), "utf8")).toBe("ran\n");
    project.write({ "trigger/a.ts": task("a", '"changed"') });
    await built();
    expect(readFileSync(join(project.directory, "count.txt"), "utf8")).toBe("ran\nran\n");
    project.options.mode = "dev";
    project.write({ "trigger/a.ts": task("a", '"changed again"') });
    await built();
    expect(readFileSync(join(project.directory, "count.txt"), "utf8")).toBe("ran\nran\n");
  });

  it.each([
    ["onBuildStart() { throw new Error('not today'); }", 'The build extension "own" failed: not today'],
    ["async onBuildComplete() { throw new Error('too late'); }", 'The build extension "own" failed: too late'],
    [
      "onBuildComplete(context) { context.registerPlugin({ name: 'late', setup() {} }); }",
      "registerPlugin can be called in onBuildStart only",
    ],
    ["onBuildStart: (context) => context.addLayer({ id: 'x', commands: ['echo it broke; exit 3'] })", "ended with exit code 3: it broke"],
    ["onBuildStart: (context) => context.addLayer({ id: 'x', files: { '../../escaped.txt': 'x' } })", "leads out of the build's folder"],
    ["onBuildStart() { process.exit(7); }", "ended with exit code 7"],
  ])("with %s fails the build, which says why", async (hook, message) => {
    withExtensions(`{ name: "own", ${hook} }`);
    expect((await project.error()).message).toContain(message);
    expect(existsSync(join(project.options.dataDir, "escaped.txt"))).toBe(false);
  });

  it("sees a plugin before Signalbox's own, or after", async () => {
    const plugin = (name: string) =>
      `{ name: "${name}", setup(build) { build.onResolve({ filter: /^@trigger.dev.sdk$/ }, () => { globalThis.order = [...(globalThis.order ?? []), "${name}"]; return undefined; }); } }`;
    withExtensions(`esbuildPlugin(${plugin("early")}, { placement: "first" }), esbuildPlugin(${plugin("late")}), esbuildPlugin(${plugin("last")}, { placement: "last", target: "deploy" }),
      { name: "report", onBuildComplete: (context) => context.logger.log([...new Set(globalThis.order)].join()) }`);
    await built();
    // Ours has answered by then: what comes after is asked about what it leaves open.
    expect(said("info")).toEqual(["report: early"]);
  });
});

it("copies additional files to their place in the build, and a changed one is another version", async () => {
  withExtensions('additionalFiles({ files: ["assets/**/*.txt", "./data", "nothing/*.x"] })', {
    "assets/a.txt": "a",
    "assets/deep/b.txt": "b",
    "assets/c.md": "no",
    "data/one.json": "{}",
  });
  const first = await built();
  expect(["assets/a.txt", "assets/deep/b.txt", "assets/c.md", "data/one.json"].map((name) => existsSync(join(first.folder, name)))).toEqual(
    [true, true, false, true],
  );
  expect(said()).toEqual([expect.stringContaining('no file fits "nothing/*.x"')]);
  project.write({ "assets/a.txt": "changed" });
  const second = await built();
  expect(second.contentHash).not.toBe(first.contentHash);
  expect(second.read("assets/a.txt")).toBe("changed");
});

it("takes what earlier releases had as keys of the config for what it is today", async () => {
  withExtensions("", {
    "trigger.config.ts": config('additionalFiles: ["note.txt"], additionalPackages: ["not-there"], postInstall: "echo done > post.txt"'),
    "note.txt": "hello",
  });
  const { read, lacks } = await built();
  expect(read("note.txt")).toBe("hello");
  expect(read("post.txt")).toBe("done\n");
  expect(lacks).toEqual([expect.stringContaining("npm install not-there")]);
});

it("names the packages that are not installed, or not as asked for", async () => {
  withExtensions('additionalPackages({ packages: ["there", "there@2.0.0", "@scope/away@^1"] })', {
    "node_modules/there/package.json": '{"name": "there", "version": "1.0.0"}',
  });
  const { lacks, record } = await built();
  expect(lacks).toEqual([
    expect.stringContaining("there is installed as 1.0.0, and 2.0.0 is asked for. Install it: npm install there@2.0.0"),
    expect.stringContaining("Install it: npm install @scope/away@^1"),
  ]);
  expect(record.layers[0].dependencies).toMatchObject({ "@scope/away": "^1" });
});

describe("syncEnvVars", () => {
  it("gives tasks what it is given, and neither shell nor TRIGGER names; the next start asks again without a new version; nothing is logged", async () => {
    const extension = `syncEnvVars(async ({ environment, projectRef, env }) => { const { readFileSync } = await import("node:fs"); return [
      { name: "PLAIN", value: [environment, projectRef, env.OWN].join() }, { name: "SECRET_ONE", value: readFileSync("token.txt", "utf8"), isSecret: true }, { name: "PATH", value: "/evil" }, { name: "TRIGGER_SECRET_KEY", value: "tr_evil" }, { name: "OWN", value: "synced" },
    ]; })`;
    withExtensions(extension, { ".env": "OWN=from the file", "token.txt": "first-s3cret" });
    const first = await built();
    expect(first.options.variables.overrides).toEqual({ PLAIN: "prod,proj_test,from the file", SECRET_ONE: "first-s3cret", OWN: "synced" });
    project.write({ "token.txt": "second-s3cret" });
    const second = await built();
    expect(second.contentHash).toBe(first.contentHash);
    expect(second.options.variables.overrides.SECRET_ONE).toBe("second-s3cret");
    expect(project.lines.join()).not.toMatch(/s3cret/);
    expect(second.read("build.json")).not.toMatch(/s3cret/);
  });

  it("lets the project's own win with override: false, is not asked in dev, and starts without what it could not get", async () => {
    withExtensions(
      'syncEnvVars(() => ({ A: "1" }), { override: false }), syncEnvVars(async () => { throw new Error("no network"); }), syncNeonEnvVars()',
    );
    expect((await built()).options.variables).toEqual({ defaults: { A: "1" }, overrides: {} });
    expect(said()).toEqual(["syncEnvVars: the call of syncEnvVars failed, and its variables are missing: no network"]);
    project.options.mode = "dev";
    expect((await built()).options.variables).toEqual({ defaults: {}, overrides: {} });
  });
});

describe("what the machine has", () => {
  /** A PATH with these programs only. */
  function programs(...names: string[]): string {
    const folder = join(project.directory, "bin");
    mkdirSync(folder, { recursive: true });
    for (const name of names) writeFileSync(join(folder, name), '#!/bin/sh\necho "$0 version 6.1"\n', { mode: 0o755 });
    return folder;
  }

  it("is found and given to tasks by path; the project's own paths win", async () => {
    withExtensions("ffmpeg(), puppeteer(), lightpanda({ disableTelemetry: true }), audioWaveform(), pythonExtension()");
    const bin = programs("ffmpeg", "ffprobe", "chromium", "lightpanda", "audiowaveform", "python3");
    project.write({ ".env": `PATH=${bin}\n` });
    const { options, lacks } = await built();
    expect(lacks).toEqual([]);
    expect(options.variables.defaults).toEqual({
      FFMPEG_PATH: join(bin, "ffmpeg"),
      FFPROBE_PATH: join(bin, "ffprobe"),
      PUPPETEER_EXECUTABLE_PATH: join(bin, "chromium"),
      LIGHTPANDA_DISABLE_TELEMETRY: "true",
      PYTHON_BIN_PATH: join(bin, "python3"),
    });
  });

  it("is named with the command that brings it where it is missing, in dev too", async () => {
    withExtensions(
      'aptGet({ packages: ["curl"] }), ffmpeg({ version: "7.1" }), puppeteer(), lightpanda(), audioWaveform(), playwright({ browsers: ["firefox"], headless: false }), pythonExtension(), prismaExtension({ mode: "engine-only" })',
    );
    project.write({ ".env": `PATH=${programs()}\n` });
    const expected = [
      expect.stringMatching(/^aptGet: .*curl.*no Debian/),
      expect.stringMatching(/^ffmpeg: ffmpeg and ffprobe cannot be found .*apt-get install -y ffmpeg/),
      expect.stringMatching(/^puppeteer: .*apt-get install -y chromium/),
      expect.stringMatching(/^lightpanda: .*curl -Lo \/usr\/local\/bin\/lightpanda https:\/\/github.com/),
      expect.stringMatching(/^audioWaveform: .*audiowaveform_1\.10\.1-1-12_amd64\.deb/),
      expect.stringMatching(/^playwright: .*npm install playwright/),
      expect.stringMatching(/^playwright: headless: false needs a screen.*apt-get install -y xvfb/),
      expect.stringMatching(/^python: .*apt-get install -y python3/),
      expect.stringMatching(/^prisma: .*npm install @prisma\/engines/),
    ];
    expect((await built()).lacks).toEqual(expected);
    project.options.mode = "dev";
    expect((await built()).lacks).toEqual(expected.slice(0, -1));
    writeFileSync(join(programs("ffprobe"), "ffmpeg"), "#!/bin/sh\necho 'ffmpeg version 6.1'\n", { mode: 0o755 });
    expect((await built()).lacks).toContainEqual(expect.stringMatching(/^ffmpeg: .* is ffmpeg 6\.1, and 7\.1 is asked for/));
  });

  it("names the requirements that Python lacks, and refuses two lists of them", async () => {
    withExtensions('pythonExtension({ requirementsFile: "requirements.txt" })', {
      "requirements.txt": "pip\nno_such.thing==1.2 # why\n# none\nother-absent[x]>=2\n",
    });
    const { lacks, read } = await built();
    expect(lacks).toEqual([
      expect.stringMatching(
        /^python: Python lacks .*no_such\.thing==1\.2, other-absent.*venv \.venv && \.venv\/bin\/pip install -r requirements\.txt/,
      ),
    ]);
    expect(read("requirements.txt")).toContain("no_such");
    project.write({
      "trigger.config.ts": `${imports}${config('build: { extensions: [pythonExtension({ requirements: ["a"], requirementsFile: "b" })] }')}`,
    });
    expect((await project.error()).message).toContain("takes requirements or requirementsFile, not both");
  });
});

describe("emitDecoratorMetadata", () => {
  const files = {
    "tsconfig.json":
      '{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": true, "target": "es2022", "strictPropertyInitialization": false } }',
    "trigger/a.ts": `import { task } from "@trigger.dev/sdk";
      const seen: unknown[] = []; (Reflect as never as Record<string, unknown>).metadata = (key: string, value: { name?: string }) => { if (key === "design:type") seen.push(value.name); return () => {}; };
      const column = (): PropertyDecorator => () => {};
      class Order { @column() total!: number; @column() name!: string; }
      export const a = task({ id: "a", description: seen.join(" ") + typeof Order, run: async () => "ok" });`,
  };

  it("has the project's TypeScript emit it", async () => {
    withExtensions("emitDecoratorMetadata()", files);
    mkdirSync(join(project.directory, "node_modules/typescript"), { recursive: true });
    // TypeScript 7, which this repository is compiled with, has no such interface.
    writeFileSync(join(project.directory, "node_modules/typescript/package.json"), '{"name": "typescript", "main": "index.js"}');
    writeFileSync(
      join(project.directory, "node_modules/typescript/index.js"),
      `module.exports = require(${JSON.stringify(join(dist, "..", "node_modules/@ts-morph/common"))}).ts;`,
    );
    expect((await project.built()).manifest.tasks[0]?.description).toBe("Number Stringfunction");
  });

  it("says what is missing", async () => {
    withExtensions("emitDecoratorMetadata()", files);
    expect((await project.error()).message).toContain("needs TypeScript 5 or 6. Install it in the project: npm install -D typescript@5");
    mkdirSync(join(project.directory, "node_modules"));
    symlinkSync(join(dist, "..", "node_modules/typescript"), join(project.directory, "node_modules/typescript"));
    expect((await project.error()).message).toMatch(/the project's is 7\.\d.*npm install -D typescript@5/);
  });
});

describe("prisma", () => {
  it.each([
    ["{}", "prismaExtension needs a mode"],
    ['{ mode: "legacy" }', "needs either schema or configFile"],
    ['{ mode: "legacy", schema: "nowhere.prisma" }', "nowhere.prisma does not exist"],
    ['{ mode: "legacy", schema: "trigger/a.ts" }', "Prisma is not installed in the project. Install it: npm install -D prisma"],
  ])("with %s is refused", async (options, message) => {
    withExtensions(`prismaExtension(${options})`);
    expect((await project.error()).message).toContain(message);
  });

  it("names the engines that are installed", async () => {
    const engines = {
      "libquery_engine-debian-openssl-3.0.x.so.node": "",
      "schema-engine-debian-openssl-3.0.x": "",
      "schema-engine-debian-openssl-3.0.x.sha256": "",
      "package.json": '{"name": "@prisma/engines", "version": "6.1.0"}',
    };
    withExtensions(
      'prismaExtension({ mode: "engine-only", silent: true })',
      Object.fromEntries(Object.entries(engines).map(([name, text]) => [`node_modules/@prisma/engines/${name}`, text])),
    );
    const { options, lacks } = await built();
    expect(lacks).toEqual([]);
    expect(options.variables.defaults).toEqual({
      PRISMA_QUERY_ENGINE_LIBRARY: join(project.directory, "node_modules/@prisma/engines/libquery_engine-debian-openssl-3.0.x.so.node"),
      PRISMA_QUERY_ENGINE_SCHEMA_ENGINE: join(project.directory, "node_modules/@prisma/engines/schema-engine-debian-openssl-3.0.x"),
    });
  });

  it("leaves the client outside in modern mode", async () => {
    withExtensions('prismaExtension({ mode: "modern" })', {
      "trigger/a.ts":
        'import { where } from "@prisma/client"; import { task } from "@trigger.dev/sdk"; export const a = task({ id: "a", description: where, run: async () => "ok" });',
      "node_modules/@prisma/client/package.json":
        '{"name": "@prisma/client", "version": "7.0.0", "type": "module", "exports": "./index.js"}',
      "node_modules/@prisma/client/index.js":
        "export const where = new Error().stack.includes('node_modules/@prisma/client') ? 'outside' : 'inside';",
    });
    expect(descriptions(await project.built())).toEqual({ a: "outside" });
  });
});

it("keeps certificates of the config with the version, beside those of the server", async () => {
  withExtensions("", { "trigger.config.ts": config('extraCACerts: "./certs/ca.pem"'), "certs/ca.pem": "no certificate" });
  expect(await project.error()).toMatchObject({
    file: "trigger.config.ts",
    message: expect.stringContaining("./certs/ca.pem holds no certificate"),
  });
  project.write({ "certs/ca.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" });
  const { folder, read, options } = await built();
  expect(options.variables.overrides).toEqual({ NODE_EXTRA_CA_CERTS: join(folder, "ca-certificates.pem") });
  expect(read("ca-certificates.pem")).toContain("AAAA");
});
