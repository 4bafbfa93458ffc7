import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { config, descriptions, makeProject, task, type TestProject } from "./fixtures/project";

let project: TestProject;
afterEach(() => project.remove());
const make = (...args: Parameters<typeof makeProject>) => (project = makeProject(...args));

describe("a project", () => {
  it("is bundled from every folder named trigger, init files first, tests left out", async () => {
    make({
      "trigger.config.ts": config(),
      "src/trigger/z.ts": task("z", "globalThis.order"),
      "src/trigger/init.ts": "globalThis.order = 'init first'; export {};",
      "trigger/deep/a.tsx": `import { helper } from "../../lib/helper";\n${task("a", "helper()")}`,
      "lib/helper.ts": "export const helper = (): string => 'from a helper';",
      "trigger/a.test.ts": "throw new Error('a test was loaded')",
      "trigger/types.d.ts": "declare const x: number;",
      "node_modules/other/trigger/b.ts": task("not-mine"),
    });
    const result = await project.built();
    expect(descriptions(result)).toEqual({ a: "from a helper", z: "init first" });
    expect(result.manifest.tasks.map(({ filePath }) => filePath).toSorted()).toEqual(["src/trigger/z.ts", "trigger/deep/a.tsx"]);
    expect(readdirSync(join(project.options.dataDir, "builds"))).toEqual([result.contentHash]);
    expect(result.bundle).toBe(result.contentHash);
  });

  it("takes dirs, ignorePatterns and a JavaScript config", async () => {
    make({
      "trigger.config.mjs": config('dirs: ["./jobs"], ignorePatterns: ["**/drafts/**"]'),
      "jobs/a.js": task("a"),
      "jobs/drafts/b.js": task("b"),
      "trigger/c.js": task("c"),
    });
    expect(descriptions(await project.built())).toEqual({ a: "ok" });
  });

  it("gives the same hash for the same sources and builds nothing again", async () => {
    make({ "trigger.config.ts": config(), "trigger/a.ts": task("a") });
    const first = await project.built();
    const manifest = join(project.options.dataDir, "builds", first.bundle, "manifest.json");
    const made = statSync(manifest).ino;
    const second = await project.built();
    expect(second.contentHash).toBe(first.contentHash);
    expect(statSync(manifest).ino).toBe(made);
    project.write({ "trigger/a.ts": task("a", '"changed"') });
    expect((await project.built()).contentHash).not.toBe(first.contentHash);
  });

  it("is loaded with what is stored for it, under the files in dev and over them elsewhere; neither makes a version", async () => {
    const files = {
      "trigger.config.ts": config(),
      "trigger/a.ts": task("a", "process.env.STORED + ' ' + process.env.BOTH"),
      ".env": "BOTH=file",
    };
    const asked: string[] = [];
    const storedVariables = async (ref: string) => (asked.push(ref), { STORED: "stored", BOTH: "stored" });
    make(files, { storedVariables });
    const started = await project.built();
    expect(descriptions(started)).toEqual({ a: "stored stored" });
    expect(asked).toEqual([started.manifest.project]);
    project.remove();
    make(files, { mode: "dev", storedVariables });
    expect(descriptions(await project.built())).toEqual({ a: "stored file" });
  });

  it("is another version when a .env file changes in dev, and not when it starts", async () => {
    make(
      {
        "trigger.config.ts": config(),
        "trigger/a.ts": task("a", "process.env.GREETING"),
        ".env": "GREETING=one",
        ".env.production": "GREETING=never",
      },
      { mode: "dev" },
    );
    const first = await project.built();
    expect(descriptions(first)).toEqual({ a: "one" });
    project.write({ ".env.local": "GREETING=two" });
    const second = await project.built();
    expect(second.contentHash).not.toBe(first.contentHash);
    expect(descriptions(second)).toEqual({ a: "two" });
  });

  it("keeps a task file whose package says that it has no side effects", async () => {
    make({
      "trigger.config.ts": config(),
      "package.json": '{"sideEffects": false}',
      "trigger/init.ts": "globalThis.hooked = 'yes';",
      "trigger/a.ts": 'import { task } from "@trigger.dev/sdk/v3"; task({ id: "hidden", run: () => globalThis.hooked });',
    });
    expect(descriptions(await project.built())).toEqual({ hidden: "yes" });
  });
});

describe("code", () => {
  it("may use CommonJS names, JSON, top-level await and names that modules often declare", async () => {
    make({
      "trigger.config.ts": config(),
      "trigger/a.ts": `import { createRequire } from "node:module"; import { dirname } from "node:path"; import { fileURLToPath } from "node:url";
        import data from "./data.json"; const require = createRequire(import.meta.url); const __dirname = dirname(fileURLToPath(import.meta.url));
        const { sep } = require("node:path"); const waited = await Promise.resolve("waited");
        ${task("a", "[data.n, sep, waited, typeof __dirname].join(' ')")}`,
      "trigger/b.cjs": 'const { join } = require("path"); exports.joined = join("x", "y"); exports.dir = __dirname;',
      "trigger/data.json": '{"n": 5}',
    });
    expect(descriptions(await project.built())).toEqual({ a: "5 / waited string" });
  });

  it("takes folders and files as they are named, also where a name is a pattern to others", async () => {
    make({
      "trigger.config.ts": config('dirs: ["./a*b/[x]", "./{c}/**"]'),
      "a*b/[x]/y*z.ts": `import { word } from "./(w)?";\n${task("a", "word")}`,
      "a*b/[x]/(w)?.ts": "export const word: string = 'found';",
      "{c}/**/d.ts": task("d"),
    });
    expect(descriptions(await project.built())).toEqual({ a: "found", d: "ok" });
  });

  it("has one SDK, by the name of this package too", async () => {
    make({
      "trigger.config.ts": config(),
      "trigger/a.ts": `import * as own from "signalbox/sdk"; import * as sdk from "@trigger.dev/sdk/v3";\n${task("a", "String(own.task === sdk.task)")}`,
    });
    expect(descriptions(await project.built())).toEqual({ a: "true" });
  });

  it("follows the project's tsconfig paths and its JSX options", async () => {
    make({
      "trigger.config.ts": config('tsconfig: "./tsconfig.tasks.json", build: { jsx: { automatic: false, factory: "h" } }'),
      "tsconfig.tasks.json": '{ "compilerOptions": { "paths": { "~/*": ["./lib/*"] } } }',
      "lib/h.ts": "export const h = (tag: string) => `<${tag}>`;",
      "trigger/a.tsx": `import { h } from "~/h";\n${task("a", "<b/>")}`,
    });
    expect(descriptions(await project.built())).toEqual({ a: "<b>" });
  });

  it("has the packages that it uses inside, and resolves native ones from the project, also with the data elsewhere", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "data-"));
    make(
      {
        "trigger.config.ts": config('build: { external: ["listed"] }'),
        "trigger/a.ts": `import plain from "plain"; import { where } from "native"; import { from } from "listed/sub"; import { createRequire } from "node:module";
          const computed = createRequire(import.meta.url)(["pl", "ain"].join(""));
          ${task("a", "[plain, where, from, computed.default ?? computed].join(' | ')")}`,
        "node_modules/plain/package.json": '{"name": "plain", "version": "1.0.0", "main": "index.js"}',
        "node_modules/plain/index.js": "module.exports = 'plain';",
        "node_modules/native/package.json":
          '{"name": "native", "version": "1.0.0", "exports": {"import": "./index.mjs", "require": "./index.cjs"}}',
        "node_modules/native/index.mjs":
          "import { dirname } from 'node:path'; export const where = dirname(new URL(import.meta.url).pathname).endsWith('node_modules/native') ? 'native at home' : 'native was moved';",
        "node_modules/native/build/addon.node": "not really",
        "node_modules/listed/package.json":
          '{"name": "listed", "version": "1.0.0", "type": "module", "exports": {"./sub": {"module": "./bundler.js", "default": "./sub.js"}}}',
        "node_modules/listed/sub.js":
          "export const from = import.meta.url.includes('node_modules/listed') ? 'listed at home' : 'listed was moved';",
        "node_modules/listed/bundler.js": "export const from = 'not for Node';",
      },
      { dataDir },
    );
    try {
      const result = await project.built();
      expect(descriptions(result)).toEqual({ a: "plain | native at home | listed at home | plain" });
      const bundle = readFileSync(join(dataDir, "builds", result.bundle, "bundle.mjs"), "utf8");
      expect(bundle).toContain("module.exports = 'plain'".replaceAll("'", '"'));
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("leaves packages that read files or start workers beside themselves where they are, and finds every name that they export", async () => {
    const inside = (name: string, files: Record<string, string>) =>
      Object.fromEntries(Object.entries(files).map(([file, text]) => [`node_modules/${name}/${file}`, text]));
    make({
      "trigger.config.ts": config(),
      "trigger/a.ts": `import { sheet, later } from "css-beside"; import relay from "worker-beside"; import { text } from "url-beside"; import { dialect } from "computed-beside"; import { plain } from "uses-beside";
        ${task("a", "[sheet(), later, relay(), text, dialect('sqlite'), plain].join(' | ')")}`,
      ...inside("css-beside", {
        "package.json": '{"name": "css-beside", "version": "1.0.0", "main": "lib/index.js"}',
        // Node cannot guess the second name from the text.
        "lib/index.js":
          "exports.sheet = () => require('node:fs').readFileSync(require('node:path').join(__dirname, 'sheet.css'), 'utf8'); Object.assign(exports, { ['la' + 'ter']: 'later' });",
        "lib/sheet.css": "p {}",
      }),
      ...inside("worker-beside", {
        "package.json": '{"name": "worker-beside", "version": "1.0.0"}',
        "index.js": "module.exports = () => require('node:path').basename(require.resolve('./worker'));",
        "worker.js": "",
      }),
      ...inside("url-beside", {
        "package.json": '{"name": "url-beside", "version": "1.0.0", "type": "module", "exports": "./index.js"}',
        "index.js":
          "import { readFileSync } from 'node:fs'; export const text = readFileSync(new URL('./text.txt', import.meta.url), 'utf8');",
        "text.txt": "a text",
      }),
      ...inside("computed-beside", {
        "package.json": '{"name": "computed-beside", "version": "1.0.0"}',
        "index.js": "exports.dialect = (name) => require(['.', 'dialects', name].join('/'));",
        "dialects/sqlite.js": "module.exports = 'sqlite';",
      }),
      ...inside("uses-beside", {
        "package.json": '{"name": "uses-beside", "version": "1.0.0", "type": "module", "exports": "./index.js"}',
        "index.js": "import { sheet } from 'css-beside'; export const plain = sheet();",
      }),
    });
    const result = await project.built();
    expect(descriptions(result)).toEqual({ a: "p {} | later | worker.js | a text | sqlite | p {}" });
    // What needs nothing beside itself is part of the version.
    expect(readFileSync(join(project.options.dataDir, "builds", result.bundle, "bundle.mjs"), "utf8")).toContain(
      "node_modules/uses-beside/index.js",
    );
  });

  it("names the setting and the packages when autoDetectExternal is false and they need files beside themselves", async () => {
    const css = {
      "node_modules/css-beside/package.json": '{"name": "css-beside", "version": "1.0.0"}',
      "node_modules/css-beside/sheet.css": "p {}",
    };
    const reads = "require('node:fs').readFileSync(require('node:path').join(__dirname, 'sheet.css'), 'utf8')";
    const native = {
      "node_modules/addon/package.json": '{"name": "addon", "version": "1.0.0"}',
      "node_modules/addon/index.js": "module.exports = require('./build/Release/addon.node');",
    };
    const off = config("build: { autoDetectExternal: false }");
    const said =
      'css-beside is bundled away from its own files, since build.autoDetectExternal is false. Name it in the config, build: { external: ["css-beside"] }, or leave autoDetectExternal out';
    // At load, when a task calls it, and where the bundler finds no such file.
    make({
      "trigger.config.ts": off,
      "trigger/a.ts": `import sheet from "css-beside"; ${task("a", "sheet")}`,
      ...css,
      "node_modules/css-beside/index.js": `module.exports = ${reads};`,
    });
    const atLoad = await project.build();
    expect(atLoad).toMatchObject({ ok: false, error: { message: expect.stringMatching(/ENOENT.*sheet\.css/) } });
    expect(atLoad).toMatchObject({ error: { message: expect.stringContaining(said) } });
    project.write({ "node_modules/css-beside/index.js": `module.exports = () => ${reads};` });
    expect(descriptions(await project.built())).toHaveProperty("a");
    expect(project.lines.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({ level: "warn", message: said }));
    project.remove();
    make({ "trigger.config.ts": off, "trigger/a.ts": `import addon from "addon"; ${task("a", "addon")}`, ...native });
    expect(await project.build()).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/addon\.node.*addon is bundled away .* build: \{ external: \["addon"\] \}/) },
    });
    // The fix that it names.
    project.remove();
    make({
      "trigger.config.ts": config('build: { autoDetectExternal: false, external: ["css-beside"] }'),
      "trigger/a.ts": `import sheet from "css-beside"; ${task("a", "sheet")}`,
      ...css,
      "node_modules/css-beside/index.js": `module.exports = ${reads};`,
    });
    expect(descriptions(await project.built())).toEqual({ a: "p {}" });
    expect(project.lines.join("")).not.toContain("autoDetectExternal");
  });

  it("finds hoisted packages at run time from a workspace whose data is elsewhere, also after the workspace has moved", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "data-"));
    const app = (root: string) => join(root, "packages", "app");
    make(
      {
        "packages/app/trigger.config.ts": config(),
        "packages/app/trigger/a.ts": `import { createRequire } from "node:module";
          const load = async (name: string) => { try { return [createRequire(import.meta.url)(name), (await import(name)).default].join(); } catch (error) { return String(error); } };
          const found = [await load(["hoi", "sted"].join("")), await load(["o", "wn"].join(""))];
          ${task("a", "found.join(' | ')")}`,
        "node_modules/hoisted/package.json": '{"name": "hoisted", "version": "1.0.0", "main": "index.js"}',
        "node_modules/hoisted/index.js": "module.exports = 'hoisted';",
        "packages/app/node_modules/own/package.json": '{"name": "own", "version": "1.0.0", "main": "index.js"}',
        "packages/app/node_modules/own/index.js": "module.exports = 'own';",
      },
      { dataDir },
    );
    const moved = `${project.directory}-moved`;
    try {
      project.options.projectDir = app(project.directory);
      expect(descriptions(await project.built())).toEqual({ a: "hoisted,hoisted | own,own" });
      renameSync(project.directory, moved);
      project.options.projectDir = app(moved);
      rmSync(join(dataDir, "builds"), { recursive: true });
      expect(descriptions(await project.built())).toEqual({ a: "hoisted,hoisted | own,own" });
    } finally {
      for (const directory of [dataDir, moved]) rmSync(directory, { recursive: true, force: true });
    }
  });

  it("loads sharp, which is native, from a project that has it", async () => {
    make({ "trigger.config.ts": config(), "trigger/a.ts": `import sharp from "sharp";\n${task("a", "typeof sharp.versions.vips")}` });
    symlinkSync(join(import.meta.dirname, "..", "..", "node_modules"), join(project.directory, "node_modules"));
    expect(descriptions(await project.built())).toEqual({ a: "string" });
  });
});

describe("trigger.config", () => {
  it("is loaded at run time without its build key and what only that imported", async () => {
    make({
      "trigger.config.ts": `import { defineConfig } from "@trigger.dev/sdk"; import { extension } from "./build-only"; import { join } from "node:path";
        export default defineConfig({ project: join("proj", "x"), build: { extensions: [extension()] }, maxDuration: 60, });`,
      "build-only.ts":
        "console.log('loaded'); globalThis.buildOnly = true; export const extension = () => ({ name: 'my extension', onBuildStart: (context: { logger: { log(text: string): void } }) => context.logger.log('is there') });",
      "trigger/a.ts": task("a", "String(globalThis.buildOnly)"),
    });
    const result = await project.built();
    expect(descriptions(result)).toEqual({ a: "undefined" });
    expect(result.manifest.project).toBe("proj/x");
    expect(project.lines.some((line) => line.includes("my extension: is there"))).toBe(true);
  });

  it.each(["ts", "mts", "cts", "js", "mjs", "cjs"])("is found as trigger.config.%s", async (ending) => {
    const text = ending.startsWith("c")
      ? 'module.exports = { project: "proj_common", maxDuration: 60 };'
      : config().replace("proj_test", "proj_module");
    make({ [`trigger.config.${ending}`]: text, "trigger/a.ts": task("a") });
    expect((await project.built()).manifest.project).toBe(ending.startsWith("c") ? "proj_common" : "proj_module");
  });

  it.each<[string, string, number]>([
    ['machine: "huge"', 'machine: Invalid option: expected one of "micro"', 4],
    ['runtime: "deno"', 'runtime: Invalid option: expected one of "node"', 4],
    ["retries: { default: { maxAttempts: 0 } }", "retries.default.maxAttempts: Too small", 4],
    ["processKeepAlive: { enabled: true, maxExecutionsPerProcess: 0 }", "processKeepAlive.maxExecutionsPerProcess: Too small", 4],
    ['extraCACerts: "ca.pem"', 'extraCACerts: must begin with "./"', 4],
    ["deploy: { env: { COUNT: 3 } }", "deploy.env.COUNT: Invalid input: expected string, received number", 4],
    ["build: { extensions: [() => ({})] }", "build.extensions.0: is no build extension", 4],
  ])("with %s is refused with the line of the key", async (keys, message, line) => {
    make({
      "trigger.config.ts": `// Types are gone when it runs.\nconst type: string = "typed";\nexport default { project: type, maxDuration: 60,\n  ${keys} };\n`,
      "trigger/a.ts": task("a"),
    });
    expect(await project.error()).toEqual({
      file: "trigger.config.ts",
      line,
      column: expect.any(Number),
      message: expect.stringContaining(message),
    });
  });

  it("runs in a process without the server's secrets", async () => {
    process.env["SERVER_SECRET"] = "secret";
    make({
      "trigger.config.ts": config("").replace('"proj_test"', 'process.env.SERVER_SECRET ?? "proj_clean"'),
      "trigger/a.ts": task("a"),
    });
    const result = await project.built();
    delete process.env["SERVER_SECRET"];
    expect(result.manifest.project).toBe("proj_clean");
  });
});

describe("an error", () => {
  const cases: [string, Record<string, string>, Record<string, unknown>][] = [
    ["no config", {}, { message: expect.stringMatching(/^No trigger\.config\.ts in .*SIGNALBOX_PROJECT/) }],
    [
      "a config without a default export",
      { "trigger.config.ts": "export const x = 1;" },
      { file: "trigger.config.ts", message: expect.stringContaining("export default defineConfig") },
    ],
    [
      "maxDuration missing",
      { "trigger.config.ts": 'export default { project: "p" };' },
      { file: "trigger.config.ts", message: expect.stringContaining("maxDuration is missing. Add maxDuration: 300") },
    ],
    [
      "maxDuration too small",
      { "trigger.config.ts": 'export default { project: "p", maxDuration: 1 };' },
      { file: "trigger.config.ts", line: 1, column: 32, message: expect.stringMatching(/^maxDuration: .*>=5\. Write maxDuration: 300/) },
    ],
    [
      "project missing",
      { "trigger.config.ts": "export default { maxDuration: 60 };" },
      { file: "trigger.config.ts", message: expect.stringContaining("project is missing") },
    ],
    [
      "a config that throws",
      { "trigger.config.ts": "\n\nthrow new Error('no token');" },
      { file: "trigger.config.ts", line: 3, column: 7, message: expect.stringContaining("no token") },
    ],
    [
      "a syntax error in the config",
      { "trigger.config.ts": "export default {\n  project: ;\n};" },
      { file: "trigger.config.ts", line: 2, column: 12, message: expect.stringContaining("Unexpected") },
    ],
    [
      "a folder that is not there",
      { "trigger.config.ts": config('dirs: ["./nowhere"]') },
      { file: "trigger.config.ts", message: expect.stringContaining("./nowhere") },
    ],
    ["no task files", { "trigger.config.ts": config() }, { message: expect.stringContaining("no folder named trigger") }],
    [
      "files without tasks",
      { "trigger.config.ts": config(), "trigger/a.ts": "export const a = 1;" },
      { file: "trigger.config.ts", message: expect.stringContaining("none of the files calls task") },
    ],
    [
      "a syntax error",
      { "trigger.config.ts": config(), "trigger/a.ts": "export const a = 1;\nexport const b: = 2;" },
      { file: "trigger/a.ts", line: 2, column: 17, message: expect.stringContaining("Unexpected") },
    ],
    [
      "an import that is not there",
      { "trigger.config.ts": config(), "trigger/a.ts": '\nimport { x } from "not-installed";\nx();' },
      { file: "trigger/a.ts", line: 2, column: 19, message: expect.stringContaining('"not-installed"') },
    ],
    [
      "an entry that the SDK does not have",
      { "trigger.config.ts": config(), "trigger/a.ts": 'import { x } from "@trigger.dev/sdk/nowhere"; x();' },
      { file: "trigger/a.ts", line: 1, column: 19, message: expect.stringContaining("@trigger.dev/sdk/nowhere is no entry of the SDK") },
    ],
    [
      "an error at the top level",
      { "trigger.config.ts": config(), "trigger/a.ts": `${task("a")}\nconst none: unknown = null;\n(none as { x: () => void }).x();` },
      { file: "trigger/a.ts", line: 5, column: 29, message: expect.stringContaining("TypeError") },
    ],
    [
      "two tasks with one id",
      { "trigger.config.ts": config(), "trigger/a.ts": task("same"), "trigger/b.ts": task("same") },
      { file: "trigger/b.ts", message: 'Two tasks have the id "same": in trigger/a.ts and in trigger/b.ts. Give one of them another id' },
    ],
    [
      "a process that exits while it loads",
      { "trigger.config.ts": config(), "trigger/a.ts": "process.exit(3);" },
      { message: expect.stringContaining("exit code 3") },
    ],
  ];
  it.each(cases)("%s is said with its place", async (...[, files, expected]) => {
    make(files);
    expect(await project.error()).toEqual(expected);
    const builds = join(project.options.dataDir, "builds");
    expect(existsSync(builds) ? readdirSync(builds) : []).toEqual([]);
  });

  it("is said when the data directory cannot be used", async () => {
    make({ "trigger.config.ts": config(), "trigger/a.ts": task("a"), ".signalbox/builds": "a file" });
    expect((await project.error()).message).toMatch(/^The project cannot be built: .*\.signalbox\/builds/);
  });

  it("is said when the project directory does not exist", async () => {
    make({}, { projectDir: "/nonexistent/project" });
    expect((await project.error()).message).toContain("/nonexistent/project does not exist");
  });
});
