import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { compileRuntime, type Runtime } from "../worker/test/compile";
import { config, makeProject, task, type TestProject } from "./fixtures/project";

/** Over the real worker: what it does between the loading of a bundle and its manifest is what counts here. */
let runtime: Runtime;
let project: TestProject;
beforeAll(async () => {
  runtime = await compileRuntime();
});
afterEach(() => project.remove());
afterAll(() => runtime.close());

const make = (source: string) =>
  (project = makeProject(
    { "trigger.config.ts": config(), "trigger/db.ts": `${source}\n${task("db")}` },
    { workerEntry: runtime.workerEntry, sdkEntry: runtime.sdkEntry },
  ));

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

test.each([
  ["a promise that is rejected and awaited later", 'export const ready = Promise.reject(new Error("no database yet"));', "no database yet"],
  ["a floating call", 'void (async () => { throw new Error("connect failed"); })();', "connect failed"],
  [
    "a floating call that fails later",
    'void (async () => { await new Promise((r) => setTimeout(r, 300)); throw new Error("login failed"); })();',
    "login failed",
  ],
  ["a timer that throws", 'setTimeout(() => { throw new Error("warm-up failed"); }, 0);', "warm-up failed"],
  [
    "a timer that throws and keeps nothing open",
    'setTimeout(() => { throw new Error("watchdog failed"); }, 20).unref();',
    "watchdog failed",
  ],
  ["a value that is no error", 'void Promise.reject("just words");', "just words"],
  [
    "an event without a listener",
    'import { EventEmitter } from "node:events"; setImmediate(() => new EventEmitter().emit("error", new Error("pool lost")));',
    "pool lost",
  ],
])("%s refuses the version with its own words", async (_, source, words) => {
  make(source);
  const error = await project.error();
  expect(error.message).toContain(words);
  // What is no error has no place.
  expect(error.line).toBe(words === "just words" ? undefined : 1);
});

test("a connection that is refused is waited for", async () => {
  make(`import { connect } from "node:net"; connect(${await closedPort()}, "127.0.0.1");`);
  expect((await project.error()).message).toContain("ECONNREFUSED");
});

test("a process that ends itself just after loading refuses the version", async () => {
  make("setImmediate(() => process.exit(0));");
  expect((await project.error()).message).toContain("exit code 0");
});

test("modules that keep timers and servers open, and handle what fails, go live", async () => {
  make(
    'import { createServer } from "node:net"; setInterval(() => {}, 1000); createServer().listen(0, "127.0.0.1"); Promise.reject(new Error("handled")).catch(() => {});',
  );
  expect((await project.built()).manifest.tasks.map(({ id }) => id)).toEqual(["db"]);
});
