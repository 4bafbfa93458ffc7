import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { BuildFailure } from "./build-error";
import { config, makeProject, task, type TestProject } from "./fixtures/project";
import { installBuild, type InstallOptions } from "./install-build";
import { packProject, type Packed } from "./pack-project";

let project: TestProject;
let packed: Packed | undefined;
afterEach(async () => {
  await packed?.remove();
  packed = undefined;
  project.remove();
});

const server = () => join(project.directory, "server");
const builds = () => readdirSync(join(server(), "builds"));
const options = () => project.options;

async function pack(files: Record<string, string>): Promise<Packed> {
  project = makeProject(files);
  return packAgain();
}
async function packAgain(): Promise<Packed> {
  packed = await packProject({ ...options(), env: { NODE_ENV: "test", FROM_SHELL: "shell", TRIGGER_SECRET_KEY: "tr_prod_secret" } });
  return packed;
}
/** As a server does on another machine: the project's sources and packages are gone. */
function install(changes: Partial<InstallOptions> = {}) {
  if (packed === undefined) throw new Error("nothing is packed");
  mkdirSync(join(server(), "builds"), { recursive: true });
  mkdirSync(join(project.directory, "gone"), { recursive: true });
  for (const name of ["trigger", "node_modules"]) {
    try {
      renameSync(join(project.directory, name), join(project.directory, "gone", name));
    } catch {
      continue; // this project has none
    }
  }
  return installBuild({
    file: packed.file,
    sha256: packed.sha256,
    projectRef: "proj_test",
    projectDir: server(),
    dataDir: server(),
    mode: "start",
    workerEntry: options().workerEntry,
    sdkEntry: options().sdkEntry,
    stored: {},
    log: options().log,
    ...changes,
  });
}
const described = (result: Awaited<ReturnType<typeof install>>) =>
  result.ok ? Object.fromEntries(result.manifest.tasks.map(({ id, description }) => [id, description])) : result.error;

const beside = (name: string, version: string, more = "") => ({
  [`${name}/package.json`]: JSON.stringify({
    name: name.split("node_modules/").at(-1),
    version,
    main: "index.js",
    dependencies: { inner: "*" },
  }),
  [`${name}/index.js`]: `${more}module.exports = () => require("inner") + " " + require("node:fs").readFileSync(__dirname + "/data.txt", "utf8");`,
  [`${name}/data.txt`]: `data of ${version}`,
});
const inner = (folder: string, version: string) => ({
  [`${folder}/inner/package.json`]: JSON.stringify({ name: "inner", version, main: "i.js" }),
  [`${folder}/inner/i.js`]: `module.exports = "inner ${version}";`,
});

describe("a packed build", () => {
  it("is whole: where it is installed nothing of the project is there, and packages have what they depend on in their own versions", async () => {
    await pack({
      "trigger.config.ts": config('build: { external: ["outer", "other"] }, deploy: { env: { FROM_CONFIG: "config" } }'),
      ".env": "IN_FILE=file",
      "trigger/a.ts": `import outer from "outer";\nimport { other } from "other";\n${task("a", "[outer(), other, process.env.FROM_CONFIG, process.env.IN_FILE, process.env.STORED].join(', ')")}`,
      ...beside("node_modules/outer", "1.0.0"),
      ...inner("node_modules", "1.0.0"),
      "node_modules/other/package.json": JSON.stringify({
        name: "other",
        version: "1.0.0",
        type: "module",
        exports: "./o.mjs",
        dependencies: { inner: "*" },
      }),
      "node_modules/other/o.mjs": 'import inner from "inner";\nexport const other = inner;',
      ...inner("node_modules/other/node_modules", "2.0.0"),
    });
    const result = await install({ stored: { STORED: "stored" } });
    expect(described(result)).toEqual({ a: "inner 1.0.0 data of 1.0.0, inner 2.0.0, config, , stored" });
    if (!result.ok) throw new Error("unreachable");
    expect(builds()).toEqual([result.bundle]);
    const text = readFileSync(join(server(), "builds", result.bundle, "bundle.mjs"), "utf8");
    expect(text).not.toContain(project.directory);
    expect(text).not.toContain("tr_prod_secret");
  });

  it("is the same file for the same sources, and another one for others", async () => {
    const first = await pack({ "trigger.config.ts": config(), "trigger/a.ts": task("a") });
    const { sha256 } = first;
    await first.remove();
    expect((await packAgain()).sha256).toBe(sha256);
    project.write({ "trigger/a.ts": task("a", '"other"') });
    await packed?.remove();
    expect((await packAgain()).sha256).not.toBe(sha256);
  });

  it("reads the shell's variables in its config, but no key; its commands run before it is packed", async () => {
    await pack({
      "trigger.config.ts": `import { defineConfig } from "@trigger.dev/sdk";
const mine = { name: "mine", onBuildComplete: (context) => context.addLayer({ id: "mine", commands: ["echo made > made.txt"], deploy: { env: { SEEN: String(process.env.FROM_SHELL) + String(process.env.TRIGGER_SECRET_KEY) } } }) };
export default defineConfig({ project: "proj_test", maxDuration: 60, build: { extensions: [mine] } });`,
      "trigger/a.ts": `import { readFileSync } from "node:fs";\n${task("a", "process.env.SEEN + ' ' + readFileSync('made.txt', 'utf8').trim()")}`,
    });
    expect(described(await install())).toEqual({ a: "shellundefined made" });
  });

  it.each([
    ["a broken config", { "trigger.config.ts": "export default {", "trigger/a.ts": task("a") }, /Expected|Unexpected/, "trigger.config.ts"],
    ["a module that is missing", { "trigger.config.ts": config(), "trigger/a.ts": 'import "./nowhere";' }, /nowhere/, "trigger/a.ts"],
    [
      "an external package that is not installed",
      { "trigger.config.ts": config('build: { external: ["absent"] }'), "trigger/a.ts": 'import "absent";' },
      /not installed/,
      "trigger/a.ts",
    ],
  ])("is not made of %s, with the place", async (_, files, message, file) => {
    await expect(pack(files)).rejects.toSatisfy(
      (error) => error instanceof BuildFailure && message.test(error.message) && error.error.file === file,
    );
  });

  it.each([
    ["two tasks of one id", { "trigger/b.ts": task("a") }, /Two tasks have the id "a"/],
    ["an import that throws", { "trigger/b.ts": 'throw new Error("no database here");' }, /no database here/],
    [
      "a top level that never ends",
      { "trigger/b.ts": "await new Promise((done) => setTimeout(done, 1e9));" },
      /did not finish loading in 2 s/,
    ],
  ])("with %s fails where it is installed, and leaves nothing", async (_, files, message) => {
    await pack({ "trigger.config.ts": config(), "trigger/a.ts": task("a"), ...files });
    expect(await install({ loadTimeoutMs: 2000 })).toMatchObject({ ok: false, error: { message: expect.stringMatching(message) } });
    expect(builds()).toEqual([]);
  });

  it("names the place of an error in the project's own files", async () => {
    await pack({ "trigger.config.ts": config(), "trigger/deep/b.ts": '\n\nthrow new Error("here");' });
    expect(await install()).toMatchObject({ ok: false, error: { message: "here", file: "trigger/deep/b.ts", line: 3 } });
  });

  it("of another project, of something else, or cut off is refused, and leaves nothing", async () => {
    const { file } = await pack({ "trigger.config.ts": config(), "trigger/a.ts": task("a") });
    expect(await install({ projectRef: "proj_other" })).toMatchObject({
      ok: false,
      error: { message: "The build is of project proj_test, and this server has proj_other" },
    });
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length / 2));
    expect(await install()).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/^The upload (?:cannot be unpacked|is no build)/) },
    });
    writeFileSync(file, "hello");
    expect(await install()).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/^The upload (?:cannot be unpacked|is no build)/) },
    });
    expect(builds()).toEqual([]);
  });

  it("says what the server's machine lacks of what it needs", async () => {
    await pack({
      "trigger.config.ts": `import { defineConfig } from "@trigger.dev/sdk";
const mine = { name: "mine", onBuildComplete: (context) => context.addLayer({ id: "mine", host: { env: { TOOL_PATH: "/opt/no/such/tool" } } }) };
export default defineConfig({ project: "proj_test", maxDuration: 60, build: { extensions: [mine] } });`,
      "trigger/a.ts": task("a"),
    });
    expect(await install()).toMatchObject({
      ok: true,
      lacks: [
        "TOOL_PATH is /opt/no/such/tool, as where it was built, and this machine has no such file. Set TOOL_PATH to where it is here",
      ],
    });
    rmSync(server(), { recursive: true });
  });
});
