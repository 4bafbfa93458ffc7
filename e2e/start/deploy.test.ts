import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientOf, type Client } from "./client";
import { commandLine, type CommandLine } from "./command-line";
import { createProject, startServer, type Project, type ServerProcess } from "./server-process";

let host: Project;
let work: Project;
let server: ServerProcess;
/** Only the first boot shows it. */
let key: string;
let cli: CommandLine;
let client: Client;
const code = (answer: string) => `import { task, wait } from "@trigger.dev/sdk";
import { part } from "./part";
export const child = task({ id: "child", run: async () => ${JSON.stringify(answer)} });
export const greet = task({ id: "greet", run: async () => [${JSON.stringify(answer)}, part].join(" ") });
export const origin = task({ id: "origin", run: async (_payload: unknown, { ctx }) => ctx.deployment?.git });
export const parent = task({ id: "parent", run: async (payload: { token: string }) => {
  await wait.forToken(payload.token);
  return [${JSON.stringify(answer)}, await child.triggerAndWait().unwrap()].join(" ");
} });
`;

beforeAll(async () => {
  host = createProject();
  work = createProject();
  work.write("trigger/part.ts", 'export const part = "whole";\n');
  work.write("trigger/tasks.ts", code("first"));
  execFileSync("git", ["init", "-q", "-b", "main", "."], { cwd: work.directory });
  commit("First");
  server = await startServer(host, { SIGNALBOX_ROLES: "engine,worker" });
  key = server.secretKey ?? "";
  cli = commandLine({ TRIGGER_API_URL: server.origin, TRIGGER_SECRET_KEY: key });
  client = clientOf(server.origin, key);
}, 120_000);
afterAll(async () => {
  server?.kill("SIGTERM");
  await server?.ended;
  host.remove();
  work.remove();
  cli?.remove();
});

function commit(message: string): void {
  execFileSync("git", ["add", "-A"], { cwd: work.directory });
  execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q", "-m", message], { cwd: work.directory });
}
const deploy = (...args: string[]) => cli(["deploy", work.directory, ...args]);
async function deployed(...args: string[]): Promise<{ version: string; isCurrent: boolean }> {
  const { code: exit, stdout, stderr } = await deploy("--json", ...args);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  return JSON.parse(stdout) as { version: string; isCurrent: boolean }; // looked at field by field
}
interface Reply {
  status: number;
  headers: Headers;
  // Looked at field by field; a schema per answer would say the same thing twice.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}
async function ask(method: string, path: string, body?: object | string, headers: Record<string, string> = {}): Promise<Reply> {
  const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const response = await fetch(server.origin + path, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    ...sent,
  });
  return { status: response.status, body: await response.json().catch(() => null), headers: response.headers };
}
const all = async (status: string): Promise<{ version: string }[]> => (await ask("GET", `/api/v1/deployments?status=${status}`)).body.data;
/** What uploads have left: a folder for each environment. */
const received = (): string[] =>
  readdirSync(join(host.data, "deployments")).flatMap((folder) => readdirSync(join(host.data, "deployments", folder)));
async function output(task: string, payload: unknown = {}): Promise<unknown> {
  const id = await client.trigger(task, payload);
  expect(await client.ended(id)).toBe("COMPLETED");
  return (await client.run(id)).output;
}

describe("signalbox deploy", () => {
  test("sends the project, which runs without its folder; runs stay on their version, children on their parent's; rolled back and promoted at once", async () => {
    const first = await deployed();
    expect(first).toMatchObject({ version: expect.stringMatching(/^\d{8}\.2$/), isCurrent: true });
    expect(await output("greet")).toBe("first whole");
    const [known] = await all("DEPLOYED");
    expect(known).toMatchObject({
      version: first.version,
      git: { commitSha: expect.stringMatching(/^[0-9a-f]{40}$/), commitRef: "main", commitMessage: "First", dirty: false },
    });
    expect(await output("origin")).toEqual({
      commitSha: expect.stringMatching(/^[0-9a-f]{40}$/),
      commitRef: "main",
      commitMessage: "First",
      commitAuthorName: "T",
      dirty: false,
    });

    const token = (await ask("POST", "/api/v1/waitpoints/tokens", {})).body.id;
    const waiting = await client.trigger("parent", { token });
    await expect.poll(async () => (await client.run(waiting)).status).toBe("WAITING");
    work.write("trigger/tasks.ts", code("second"));
    const second = await deployed("--skip-promotion");
    expect(second.isCurrent).toBe(false);
    expect(await output("greet")).toBe("first whole");
    const pinned = await cli(["trigger", "greet", "{}", "--on-version", second.version, "--wait", "--json"]);
    expect(JSON.parse(pinned.stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ output: "second whole" });
    expect(await cli(["promote", second.version])).toMatchObject({ code: 0 });
    expect(await output("greet")).toBe("second whole");
    await ask("POST", `/api/v1/waitpoints/tokens/${token}/complete`, {});
    await client.ended(waiting);
    expect((await client.run(waiting)).output).toBe("first first");
    expect(await cli(["rollback"])).toMatchObject({ code: 0, stdout: expect.stringContaining(`Version ${first.version} is current`) });
    expect(await output("greet")).toBe("first whole");
    expect((await cli(["promote", "19990101.1"])).stderr).toBe("Version 19990101.1 not found.\n");
    expect(await cli(["promote", second.version])).toMatchObject({ code: 0 });
  });

  test("has nothing to do where the code is current; an external id is deployed once", async () => {
    const before = await all("DEPLOYED");
    expect(await deploy()).toMatchObject({
      code: 0,
      stdout: `Nothing to deploy: this code is version ${before[0]?.version}, which is current.\n`,
    });
    work.write("trigger/tasks.ts", code("third"));
    const outputs = join(work.directory, "..", `outputs-${randomBytes(4).toString("hex")}`);
    try {
      const made = await cli(["deploy", work.directory, "--external-id", "build-7", "--json"], { env: { GITHUB_OUTPUT: outputs } });
      const { version } = JSON.parse(made.stdout) as { version: string }; // as the command says
      expect(readFileSync(outputs, "utf8")).toBe(`deploymentVersion=${version}\nneedsPromotion=false\n`);
      work.write("trigger/tasks.ts", code("fourth"));
      expect(JSON.parse((await deploy("--external-id", "build-7", "--json")).stdout)).toMatchObject({ version, unchanged: true });
      expect(await output("greet")).toBe("third whole");
    } finally {
      rmSync(outputs, { force: true });
    }
    expect(await deploy("--dry-run")).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing was sent.") });
    expect(await output("greet")).toBe("third whole");
  });

  test("with a wrong key, project or environment, or code that does not build, says one line and makes nothing", async () => {
    const before = {
      deployed: await all("DEPLOYED"),
      failed: await all("FAILED"),
      builds: readdirSync(join(host.data, "builds")).toSorted(),
    };
    expect(await cli(["deploy", work.directory], { env: { TRIGGER_SECRET_KEY: "tr_prod_0123456789abcdef01234567" } })).toMatchObject({
      code: 2,
      stderr: "The server does not know this key, or the key may not do this. Sign in again: signalbox login\n",
    });
    expect(await deploy("--env", "staging")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("this key is of the environment prod"),
    });
    expect(await deploy("--branch", "feature")).toMatchObject({ code: 2, stderr: expect.stringContaining("has no branches") });
    const config = readFileSync(join(work.directory, "trigger.config.ts"), "utf8");
    work.write("trigger.config.ts", config.replace("proj_start_test", "proj_other"));
    expect(await deploy()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The project is "proj_other", and this key is of "proj_start_test"\. [^\n]+\n$/),
    });
    work.write("trigger.config.ts", "export default {");
    expect(await deploy()).toMatchObject({ code: 1, stderr: expect.stringMatching(/^trigger\.config\.ts:1:17: [^\n]+\n$/) });
    work.write("trigger.config.ts", config);
    work.write("trigger/tasks.ts", 'import "./nowhere";');
    expect(await deploy()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^trigger\/tasks\.ts:1:\d+: Could not resolve "\.\/nowhere"[^\n]*\n$/),
    });
    expect(await cli(["deploy", join(work.directory, "trigger")])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^No trigger\.config\.ts in /),
    });
    expect({
      deployed: await all("DEPLOYED"),
      failed: await all("FAILED"),
      builds: readdirSync(join(host.data, "builds")).toSorted(),
    }).toEqual(before);
  });

  test("of code that does not load is kept as failed, with its log; what is current goes on", async () => {
    const builds = readdirSync(join(host.data, "builds")).toSorted();
    work.write("trigger/tasks.ts", code("fifth"));
    work.write(
      "trigger/twin.ts",
      'import { task } from "@trigger.dev/sdk";\nexport const twin = task({ id: "greet", run: async () => 0 });\n',
    );
    const failed = await deploy();
    expect(failed).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^The deployment of version \d{8}\.\d+ ended as FAILED: Two tasks have the id "greet"[^\n]+\n$/),
    });
    rmSync(join(work.directory, "trigger", "twin.ts"));
    work.write("trigger/part.ts", 'throw new Error("no database");\nexport const part = "";\n');
    const { code: exit, stdout } = await deploy("--json");
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "FAILED",
      error: "trigger/part.ts:1:7: no database",
      log: expect.arrayContaining(["trigger/part.ts:1:7: no database"]),
    });
    work.write("trigger/part.ts", 'export const part = "whole";\n');
    expect(await all("FAILED")).toMatchObject([
      { error: { message: "trigger/part.ts:1:7: no database" } },
      { error: { message: expect.stringContaining("Two tasks") } },
    ]);
    expect((await cli(["deployments", "--status", "failed"])).stdout).toContain("no database");
    expect(await output("greet")).toBe("third whole");
    expect(readdirSync(join(host.data, "builds")).toSorted()).toEqual(builds);
    expect(received()).toEqual([]);
  });

  test("of 50 MB goes on where its connection was cut off", async () => {
    work.write("trigger/tasks.ts", code("sixth").replace('"sixth", part]', '"sixth", require("node:fs").statSync("big.bin").size]'));
    writeFileSync(join(work.directory, "big.bin"), randomBytes(50 * 1024 * 1024));
    const config = readFileSync(join(work.directory, "trigger.config.ts"), "utf8");
    work.write("trigger.config.ts", config.replace("maxDuration: 300", 'maxDuration: 300, additionalFiles: ["big.bin"]'));
    const line = await cuttingLine(new URL(server.origin), [3_000_000, 20_000_000]);
    try {
      const sent = await cli(["deploy", work.directory, "--json"], { env: { TRIGGER_API_URL: line.origin } });
      expect(sent).toMatchObject({ code: 0 });
      expect(line.cuts()).toBe(2);
      expect(line.bytes()).toBeLessThan(90_000_000);
      expect(await output("greet")).toBe(`sixth ${50 * 1024 * 1024}`);
    } finally {
      await line.close();
      work.write("trigger.config.ts", config);
    }
  }, 120_000);
});

describe("an upload", () => {
  const announce = (changes: object = {}) =>
    ask("POST", "/api/v1/deployments", { project: "proj_start_test", sha256: "a".repeat(64), bytes: 10, ...changes });
  const put = (id: string, offset: number, text: string) =>
    ask("PUT", `/api/v1/deployments/${id}/upload`, text, { "upload-offset": String(offset), "content-type": "application/octet-stream" });

  test("is taken from where it stands only, is checked by its hash, and may be given up", async () => {
    expect(await announce({ bytes: 2 ** 40 })).toMatchObject({ status: 413 });
    expect(await announce({ sha256: "x" })).toMatchObject({ status: 400 });
    expect(await announce({ environment: "staging" })).toMatchObject({
      status: 422,
      body: { error: expect.stringContaining('this key is of "prod"') },
    });
    const id: string = (await announce()).body.id;
    expect(await put(id, 0, "12345")).toMatchObject({ status: 200, body: { offset: 5, bytes: 10 } });
    expect((await ask("HEAD", `/api/v1/deployments/${id}/upload`)).headers.get("upload-offset")).toBe("5");
    expect(await put(id, 0, "12345")).toMatchObject({ status: 409, body: { error: expect.stringContaining("stands at 5") } });
    expect(await put(id, 5, "123456789")).toMatchObject({ status: 413 });
    const at = Number((await ask("HEAD", `/api/v1/deployments/${id}/upload`)).headers.get("upload-offset"));
    expect(at).toBeLessThan(10);
    expect(await ask("POST", `/api/v1/deployments/${id}/finish`, {})).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining(`stands at ${at} of 10 bytes`) },
    });
    await put(id, at, "x".repeat(10 - at));
    expect(await ask("POST", `/api/v1/deployments/${id}/finish`, {})).toMatchObject({
      status: 422,
      body: { error: expect.stringContaining("SHA-256") },
    });
    expect(await ask("POST", `/api/v1/deployments/${id}/cancel`)).toMatchObject({ status: 200, body: { status: "CANCELED" } });
    expect(await put(id, 0, "1")).toMatchObject({ status: 409, body: { code: "deployment_ended" } });
    expect(received()).not.toContain(id);
    expect(await ask("GET", "/api/v1/deployments/deployment_nothing/upload")).toMatchObject({ status: 404 });
  });

  test("under an external id that is being deployed is refused, and given up by force", async () => {
    const first: { version: string } = (await announce({ externalId: "twice" })).body;
    expect(await announce({ externalId: "twice" })).toMatchObject({ status: 409, body: { code: "deployment_in_progress" } });
    expect(await announce({ externalId: "twice", force: true })).toMatchObject({ status: 200 });
    expect((await all("CANCELED")).map(({ version }) => version)).toContain(first.version);
  });
});

test("a server that starts again keeps the deployed version current, and uploads go on", async () => {
  const cutOff: { id: string; version: string } = (
    await ask("POST", "/api/v1/deployments", {
      project: "proj_start_test",
      sha256: createHash("sha256").update("hello").digest("hex"),
      bytes: 5,
    })
  ).body;
  const current = (await ask("GET", "/api/v1/deployments/current")).body.version;
  server.kill("SIGTERM");
  await server.ended;
  server = await startServer(host, { SIGNALBOX_ROLES: "engine,worker", PORT: new URL(server.origin).port });
  expect((await ask("GET", "/api/v1/deployments/current")).body.version).toBe(current);
  expect(await output("child")).toBe("sixth");
  // An upload goes on after the restart; what it holds is no build.
  const path = `/api/v1/deployments/${cutOff.id}`;
  expect(await ask("PUT", `${path}/upload`, "hello", { "content-type": "application/octet-stream", "upload-offset": "0" })).toMatchObject({
    status: 200,
  });
  expect(await ask("POST", `${path}/finish`, {})).toMatchObject({ status: 200 });
  await expect
    .poll(async () => (await ask("GET", path)).body)
    .toMatchObject({ status: "FAILED", error: { message: expect.stringContaining("The upload") } });
}, 120_000);

test("a server without a project of its own serves what is deployed to it, over its restarts", async () => {
  const empty = mkdtempSync(join(tmpdir(), "signalbox-empty-"));
  const place = { directory: empty, data: join(empty, "data") };
  const env = { SIGNALBOX_ROLES: "engine,worker", SIGNALBOX_PROJECT_REF: "proj_start_test" };
  let alone = await startServer(place, env);
  try {
    const secret = alone.secretKey ?? "";
    const run = async () =>
      cli(["trigger", "greet", "--wait", "--json"], { env: { TRIGGER_API_URL: alone.origin, TRIGGER_SECRET_KEY: secret } });
    work.write("trigger/tasks.ts", code("alone"));
    expect(await cli(["deploy", work.directory], { env: { TRIGGER_API_URL: alone.origin, TRIGGER_SECRET_KEY: secret } })).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect((await run()).stdout).toContain('"output":"alone whole"');
    alone.kill("SIGTERM");
    await alone.ended;
    alone = await startServer(place, env);
    expect((await run()).stdout).toContain('"output":"alone whole"');
  } finally {
    alone.kill("SIGTERM");
    await alone.ended;
    rmSync(empty, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}, 120_000);

/** A line to a server that breaks when so many bytes have gone over it. */
async function cuttingLine(to: URL, cutsAt: number[]) {
  let sent = 0;
  let cuts = 0;
  const listener = createServer((socket) => {
    const up = connect(Number(to.port), to.hostname);
    const end = () => {
      socket.destroy();
      up.destroy();
    };
    for (const one of [socket, up]) one.on("error", end).on("close", end);
    up.on("data", (data) => socket.write(data));
    socket.on("data", (data) => {
      sent += data.length;
      const at = cutsAt[cuts];
      if (at !== undefined && sent > at) {
        cuts += 1;
        return end();
      }
      if (!up.write(data)) {
        socket.pause();
        up.once("drain", () => socket.resume());
      }
    });
  });
  await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  const { port } = listener.address() as AddressInfo; // it listens on a port
  return {
    origin: `http://127.0.0.1:${port}`,
    cuts: () => cuts,
    bytes: () => sent,
    close: () => new Promise((done) => listener.close(done)),
  };
}
