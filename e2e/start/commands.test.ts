import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandLine, type CommandLine } from "./command-line";
import { createProject, startServer, type Project, type ServerProcess } from "./server-process";

let project: Project;
let server: ServerProcess;
let cli: CommandLine;

beforeAll(async () => {
  project = createProject();
  project.write(
    "trigger/more.ts",
    `import { queue, schedules, task, wait } from "@trigger.dev/sdk";
export const lane = queue({ name: "lane", concurrencyLimit: 2 });
export const echo = task({ id: "echo", queue: lane, run: async (payload: unknown, { ctx }) => ({ payload, tags: ctx.run.tags, secret: process.env.GREETING }) });
export const fails = task({ id: "fails", retry: { maxAttempts: 1 }, run: async () => { throw new Error("no luck"); } });
export const ask = task({ id: "ask", run: async (payload: { token: string }) => wait.forToken<{ ok: boolean }>(payload.token).unwrap() });
export const nightly = schedules.task({ id: "nightly", cron: "0 3 * * *", run: async () => {} });
`,
  );
  server = await startServer(project, { SIGNALBOX_ROLES: "engine,worker" });
  cli = commandLine({ TRIGGER_API_URL: server.origin, TRIGGER_SECRET_KEY: server.secretKey ?? "" });
}, 120_000);
afterAll(async () => {
  server?.kill("SIGTERM");
  await server?.ended;
  project.remove();
  cli?.remove();
});

/** The JSON that a command prints. */
async function json<Value>(args: readonly string[], options?: Parameters<CommandLine>[1]): Promise<Value> {
  const { code, stdout, stderr } = await cli([...args, "--json"], options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Value; // each test says what it expects of it
}

describe("a server", () => {
  test("is signed in to with a key from standard input, kept for its owner alone, told by whoami, forgotten by logout", async () => {
    const own = commandLine();
    try {
      expect(await own(["whoami"])).toMatchObject({
        code: 2,
        stderr: "No key: sign in with `signalbox login`, or set TRIGGER_SECRET_KEY.\n",
      });
      expect(
        await own(["login", "--api-url", server.origin, "--profile", "work"], { stdin: "tr_prod_0123456789abcdef01234567\n" }),
      ).toMatchObject({ code: 2, stderr: expect.stringContaining("does not know this key") });
      expect(await own(["login", "--api-url", server.origin, "--profile", "work"], { stdin: "hello" })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("That is no key"),
      });
      const signedIn = await own(["login", "--api-url", server.origin, "--profile", "work"], { stdin: `${server.secretKey}\n` });
      expect(signedIn).toMatchObject({ code: 0, stdout: expect.stringContaining("(proj_start_test, prod) as profile work") });
      expect(signedIn.stdout).not.toContain(server.secretKey);
      expect(statSync(join(own.config, "signalbox", "config.json")).mode & 0o777).toBe(0o600);
      expect(JSON.parse((await own(["whoami", "--json"])).stdout)).toMatchObject({
        url: server.origin,
        project: { ref: "proj_start_test" },
        environment: { slug: "prod" },
        source: "profile work",
      });
      expect((await own(["profiles"])).stdout).toMatch(/\*\s+work\s+http:\/\/127\.0\.0\.1:\d+\s+tr_prod_…\w{4}/);
      expect(await own(["profiles", "use", "home"])).toMatchObject({ code: 2, stderr: expect.stringContaining("There are: work") });
      expect(await own(["logout"])).toMatchObject({ code: 0 });
      expect(await own(["whoami"])).toMatchObject({ code: 2 });
    } finally {
      own.remove();
    }
  });

  test("that is not there, and arguments that are not understood, are one clear line", async () => {
    expect(await cli(["whoami"], { env: { TRIGGER_API_URL: "http://127.0.0.1:1" } })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Connection error: http:\/\/127\.0\.0\.1:1 could not be reached/),
    });
    expect(await cli(["whoami", "--json"], { env: { TRIGGER_API_URL: "ftp://x" } })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^\{"error":"\\"ftp:/),
    });
    expect(await cli(["nonsense"])).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown command 'nonsense'") });
    expect(await cli(["runs", "list", "--nonsense"])).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown option") });
    expect(await cli(["trigger"])).toMatchObject({ code: 2, stderr: expect.stringContaining("missing required argument 'task'") });
    expect(await cli(["--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Exit codes: 0 done, 1 failed, 2 wrong arguments or settings, 3 the run"),
    });
    expect(await cli(["--version"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe("runs", () => {
  test("are triggered with a payload from an argument, a file or standard input, followed to their output", async () => {
    const file = join(project.directory, "payload.json");
    writeFileSync(file, '{"from":"file"}');
    const given: [string[], string, unknown][] = [
      [
        ["trigger", "echo", '{"from":"argument"}', "--wait", "--json", "--tag", "a,b", "--tag", "c"],
        "",
        { payload: { from: "argument" }, tags: ["a", "b", "c"] },
      ],
      [["trigger", "echo", "--file", file, "--wait", "--json"], "", { payload: { from: "file" }, tags: [] }],
      [["trigger", "echo", "-", "--wait", "--json"], '{"from":"standard input"}', { payload: { from: "standard input" }, tags: [] }],
    ];
    for (const [args, stdin, output] of given) {
      const { code, stdout } = await cli(args, { stdin });
      expect(code).toBe(0);
      const lines = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { status: string });
      expect(lines.at(-1)).toMatchObject({ status: "COMPLETED", output });
    }
    expect(await cli(["trigger", "echo", "{oops"])).toMatchObject({ code: 2, stderr: expect.stringMatching(/^the payload is not JSON/) });
    expect(await cli(["trigger", "echo", "--file", "nowhere.json"])).toMatchObject({
      code: 2,
      stderr: "nowhere.json cannot be read (ENOENT).\n",
    });
    expect(await cli(["trigger", "echo", "1", "--priority", "much"])).toMatchObject({ code: 2, stderr: "--priority must be a number.\n" });
  });

  test("that fail end the command that follows them with a code of its own, in words", async () => {
    const { code, stdout, stderr } = await cli(["trigger", "fails", "--wait"]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/^Run run_\w+ ended as FAILED\.\n$/) });
    expect(stdout).toContain("no luck");
    const { id } = await json<{ id: string }>(["trigger", "fails"]);
    expect(await cli(["runs", "follow", id])).toMatchObject({ code: 3 });
    expect(await cli(["runs", "follow", "run_nothing"])).toMatchObject({ code: 1, stderr: expect.stringContaining("not found") });
  });

  test("are listed by filters, shown, replayed, canceled while another process follows", async () => {
    const { id } = await json<{ id: string }>(["trigger", "slow", '{"ms":600000}', "--tag", "long"]);
    const followed = await cli(["runs", "follow", id], { whenSaid: { text: "EXECUTING", act: () => cli(["runs", "cancel", id]) } });
    expect(followed).toMatchObject({ code: 3, stderr: `Run ${id} ended as CANCELED.\n` });
    expect(await json(["runs", "--status", "canceled", "--tag", "long", "--task", "slow", "--period", "1h"])).toMatchObject({
      data: [{ id, status: "CANCELED" }],
    });
    expect((await cli(["runs", "list", "--tag", "long"])).stdout).toMatch(new RegExp(`^RUN\\s+STATUS[^\\n]*\\n${id}\\s+CANCELED\\s+slow`));
    expect(await cli(["runs", "list", "--limit", "0"])).toMatchObject({ code: 2 });
    expect(await cli(["runs", "list", "--status", "odd"])).toMatchObject({ code: 1, stderr: expect.stringContaining("unknown status") });
    const shown = await json<{ events: { type: string }[] }>(["runs", "show", id]);
    expect(shown).toMatchObject({ id, status: "CANCELED", tags: ["long"], payload: { ms: 600_000 } });
    expect(shown.events.map((event) => event.type)).toContain("created");
    const again = await json<{ id: string }>(["runs", "replay", id, "--payload", '{"ms":1}']);
    expect(await cli(["runs", "follow", again.id])).toMatchObject({ code: 0, stdout: expect.stringContaining("done") });
  });
});

describe("the environment's things", () => {
  test("variables are set, imported, listed, pulled and unset; secrets stay where they are", async () => {
    expect(await cli(["env", "set", "GREETING=hello world"])).toMatchObject({ code: 0 });
    expect(await cli(["env", "set", "TOKEN", "--secret"], { stdin: "s3cret\n" })).toMatchObject({ code: 0 });
    const file = join(project.directory, "import.env");
    writeFileSync(file, "GREETING=other\nQUOTED='a $b c'\n");
    expect(await cli(["env", "import", file])).toMatchObject({ code: 0, stdout: expect.stringContaining("kept their values") });
    expect(await json(["env", "list", "--show-values"])).toEqual([
      { name: "GREETING", value: "hello world", isSecret: false },
      { name: "QUOTED", value: "a $b c", isSecret: false },
      { name: "TOKEN", value: "<redacted>", isSecret: true },
    ]);
    const pulled = join(project.directory, "pulled.env");
    expect(await cli(["env", "pull", "--output", pulled])).toMatchObject({
      code: 0,
      stderr: "1 are secret: nobody can read their values.\n",
    });
    expect(readFileSync(pulled, "utf8")).toBe("GREETING='hello world'\nQUOTED='a $b c'\n");
    expect(await cli(["env", "pull", "--output", pulled])).toMatchObject({ code: 2, stderr: expect.stringContaining("is there already") });
    expect(await cli(["env", "list", "--env", "staging"])).toMatchObject({
      code: 2,
      stderr: "--env staging: this key is of the environment prod. Use a key of staging, or leave out --env.\n",
    });
    const { stdout } = await cli(["trigger", "echo", "1", "--wait", "--json"]);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ output: { secret: "hello world" } });
    expect(await cli(["env", "unset", "GREETING", "QUOTED", "TOKEN", "--env", "production"])).toMatchObject({ code: 0 });
    expect(await json(["env"])).toEqual([]);
  });

  test("queues are listed, paused and resumed; schedules and versions are listed", async () => {
    expect(await json<object[]>(["queues"])).toContainEqual(expect.objectContaining({ name: "lane", concurrencyLimit: 2, paused: false }));
    for (const name of ["lane", "slow"]) {
      expect(await json(["queues", "pause", name])).toMatchObject({ name, paused: true });
      expect(await json(["queues", "resume", name])).toMatchObject({ name, paused: false });
    }
    expect(await cli(["queues", "pause", "nothing"])).toMatchObject({ code: 1, stderr: expect.stringContaining("not found") });
    expect(await json(["schedules"])).toMatchObject([{ task: "nightly", active: true, generator: { expression: "0 3 * * *" } }]);
    expect(await json(["deployments"])).toMatchObject([
      { version: expect.stringMatching(/^\d{8}\.1$/), status: "DEPLOYED", isCurrent: true },
    ]);
  });

  test("wait tokens are listed and answered", async () => {
    const { id } = (await (
      await fetch(`${server.origin}/api/v1/waitpoints/tokens`, {
        method: "POST",
        headers: { authorization: `Bearer ${server.secretKey}`, "content-type": "application/json" },
        body: "{}",
      })
    ).json()) as { id: string }; // as the wire contract says
    const run = await json<{ id: string }>(["trigger", "ask", JSON.stringify({ token: id })]);
    expect(await json(["tokens", "--status", "waiting"])).toMatchObject({ data: [{ id, status: "WAITING" }] });
    expect(await cli(["tokens", "complete", id, '{"ok":true}'])).toMatchObject({ code: 0 });
    const { code, stdout } = await cli(["runs", "follow", run.id, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ output: { ok: true } });
  });
});

test("init makes a project that builds, and overwrites nothing", async () => {
  const folder = join(project.directory, "fresh shop");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{"name":"shop","scripts":{"dev":"vite"}}');
  expect(await cli(["init", folder])).toMatchObject({ code: 0, stdout: expect.stringContaining("npm run dev") });
  expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))).toMatchObject({
    name: "shop",
    scripts: { dev: "vite", start: "signalbox start", deploy: "signalbox deploy" },
    dependencies: { signalbox: expect.any(String) },
  });
  expect(readFileSync(join(folder, ".gitignore"), "utf8")).toContain(".signalbox\n");
  expect(JSON.parse((await cli(["deploy", folder, "--dry-run", "--json"])).stdout)).toMatchObject({
    project: "proj_fresh_shop",
    bytes: expect.any(Number),
  });
  expect(await cli(["init", folder])).toMatchObject({ code: 2, stderr: expect.stringContaining("trigger.config.ts is there already") });
  const other = join(project.directory, "other");
  mkdirSync(join(other, "trigger"), { recursive: true });
  writeFileSync(join(other, "trigger", "example.ts"), "mine");
  expect(await cli(["init", other])).toMatchObject({ code: 2, stderr: expect.stringContaining("nothing was written") });
  expect(readFileSync(join(other, "trigger", "example.ts"), "utf8")).toBe("mine");
});
