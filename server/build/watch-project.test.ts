import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { BuildResult } from "./build-project";
import { config, descriptions, makeProject, task, type TestProject } from "./fixtures/project";
import { watchProject, type ProjectWatcher } from "./watch-project";

let project: TestProject;
let watcher: ProjectWatcher;
let results: BuildResult[];
afterEach(async () => {
  await watcher.close();
  project.remove();
});

async function watch(files: Record<string, string>) {
  project = makeProject(files, { mode: "dev" });
  results = [];
  watcher = watchProject(project.options, await project.build(), (result) => results.push(result));
}
/** The next result that fits; others before it are let go. */
async function next<T>(pick: (result: BuildResult) => T | undefined): Promise<T> {
  for (;;) {
    const result = results.shift();
    const picked = result === undefined ? undefined : pick(result);
    if (picked !== undefined) return picked;
    if (result === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
const success = (test: (tasks: Record<string, unknown>) => boolean) =>
  next((result) => (result.ok && test(descriptions(result)) ? descriptions(result) : undefined));
const failure = () => next((result) => (result.ok ? undefined : result.error));

it("builds again when a task, a helper or a .env file changes, or a file comes or goes", async () => {
  await watch({
    "trigger.config.ts": config(),
    "trigger/a.ts": `import { word } from "../lib/word";\n${task("a", "word + (process.env.MARK ?? '')")}`,
    "lib/word.ts": 'export const word = "one";',
  });
  project.write({ "lib/word.ts": 'export const word = "two";' });
  expect(await success((tasks) => tasks["a"] === "two")).toEqual({ a: "two" });
  project.write({ ".env": "MARK=!" });
  await success((tasks) => tasks["a"] === "two!");
  project.write({ "trigger/new/b.ts": task("b") });
  await success((tasks) => tasks["b"] === "ok");
  // As editors save: a new file takes the place of the old one.
  project.write({ "lib/word.tmp": 'export const word = "three";' });
  renameSync(join(project.directory, "lib/word.tmp"), join(project.directory, "lib/word.ts"));
  await success((tasks) => tasks["a"] === "three!");
  rmSync(join(project.directory, "trigger/new/b.ts"));
  expect(await success((tasks) => !("b" in tasks))).toEqual({ a: "three!" });
});

it("reports what is broken with its place, and the repaired version, even when it is the former one", async () => {
  await watch({ "trigger.config.ts": config(), "trigger/a.ts": task("a") });
  project.write({ "trigger/a.ts": "export const a: = 1;" });
  expect(await failure()).toMatchObject({ file: "trigger/a.ts", line: 1, column: 17 });
  project.write({ "trigger/a.ts": task("a") });
  expect(await success(() => true)).toEqual({ a: "ok" });
  project.write({ "trigger.config.ts": "export default {};" });
  expect(await failure()).toMatchObject({ file: "trigger.config.ts" });
  rmSync(join(project.directory, "trigger.config.ts"));
  await next((result) => (!result.ok && result.error.message.startsWith("No trigger.config.ts") ? true : undefined));
  project.write({ "trigger.config.ts": config() });
  await success(() => true);
});

it("starts from a project that is broken, and follows its config to other folders", async () => {
  await watch({ "trigger.config.ts": config('dirs: ["./jobs"]') });
  project.write({ "jobs/a.ts": task("a") });
  await success((tasks) => "a" in tasks);
  project.write({ "work/b.ts": task("b"), "trigger.config.ts": config('dirs: ["./work"]') });
  await success((tasks) => "b" in tasks);
  project.write({ "work/b.ts": task("c") });
  expect(await success((tasks) => "c" in tasks)).toEqual({ c: "ok" });
});

it("builds two hundred task files, and again after a save of one", async () => {
  const names = Array.from({ length: 200 }, (_, i) => `task-${i}`);
  await watch({
    "trigger.config.ts": config(),
    "lib/shared.ts": 'export const shared = "ok";',
    ...Object.fromEntries(
      names.map((name, i) => [`trigger/group-${i % 10}/${name}.ts`, `import { shared } from "../../lib/shared";\n${task(name, "shared")}`]),
    ),
  });
  project.write({ "trigger/group-7/task-7.ts": task("task-7", '"saved"') });
  const tasks = await success((found) => found["task-7"] === "saved");
  expect(Object.keys(tasks).toSorted()).toEqual(names.toSorted());
});
