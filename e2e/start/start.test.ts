import { createServer } from "node:http";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { protocolVersion } from "@/lib/contracts/protocol";
import { clientOf } from "./client";
import {
  createProject,
  databaseLog,
  databasePid,
  freePort,
  runToEnd,
  startAndKill,
  startServer,
  type Project,
  type ServerProcess,
} from "./server-process";

const lines = (output: string) => output.split("\n").filter((line) => line !== "");

describe("a running server", () => {
  let project: Project;
  let server: ServerProcess;
  let key: string;
  beforeAll(async () => {
    project = createProject();
    server = await startServer(project);
    key = server.secretKey ?? "";
  }, 120_000);
  afterAll(async () => {
    server.kill("SIGKILL");
    await server.ended;
    project.remove();
  });

  test("says where it is, and how to sign in once", async () => {
    expect(key).toMatch(/^tr_prod_[A-Za-z0-9]{32}$/);
    expect(server.setupLink).toMatch(new RegExp(`^${server.origin}/setup#code=[\\w-]{20,}$`));
    expect((await fetch(`${server.origin}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${server.origin}/readyz`)).json()).toEqual({ ready: true, problems: [] });
    const page = await fetch(`${server.origin}/setup`);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toContain("text/html");
  });

  test("runs a task that is triggered over HTTP, and counts it", async () => {
    const client = clientOf(server.origin, key);
    const id = await client.trigger("slow", { ms: 1 });
    expect(await client.ended(id)).toBe("COMPLETED");
    const metrics = await (await fetch(`${server.origin}/metrics`)).text();
    expect(metrics).toContain('signalbox_runs_finished_total{task="slow",status="COMPLETED"} 1');
    expect(metrics).toContain("signalbox_ready 1");
    const proxied = await fetch(`${server.origin}/metrics`, { headers: { "x-forwarded-for": "203.0.113.9" } });
    expect(proxied.status).toBe(401);
  });

  test("counts the sockets that follow it, what they were sent and how it went", async () => {
    const socket = new WebSocket(`${server.origin.replace("http", "ws")}/realtime?auth=token`);
    const heard = new Promise((told) => socket.once("message", told));
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "hello", protocol: protocolVersion, token: key }));
    await heard;
    const metrics = await (await fetch(`${server.origin}/metrics`)).text();
    const counted = Object.fromEntries(
      [...metrics.matchAll(/^signalbox_realtime\{what="(\w+)"\} (\d+)$/gm)].map(([, what, count]) => [what, Number(count)]),
    );
    expect(counted).toEqual({ sockets: 1, subscriptions: 0, frames: 1, bytes: expect.any(Number), congestions: 0, resets: 0 });
    expect(counted.bytes).toBeGreaterThan(0);
    expect(metrics).toContain("signalbox_paint_milliseconds_count 0");
    socket.close();
  });

  test("a pipe gets JSON lines and nothing else", () => {
    for (const line of lines(server.output()))
      expect(JSON.parse(line), line).toMatchObject({ time: expect.any(String), level: expect.any(String), message: expect.any(String) });
  });

  test("neither its key nor its sign-in code is in any log line", () => {
    const logged = lines(server.output()).filter((line) => !line.includes("is ready after"));
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.filter((line) => line.includes(key) || /code=(?!\[redacted\])/.test(line))).toEqual([]);
  });

  test("a second server on the same data is refused in one line", async () => {
    const second = await runToEnd(project, { PORT: String(await freePort()) });
    expect(second.code).toBe(1);
    expect(lines(second.output)).toEqual([expect.stringContaining(`another Signalbox (process ${server.pid}) runs on ${project.data}`)]);
    expect((await fetch(`${server.origin}/readyz`)).status).toBe(200);
  });

  test("survives the death of its database without being started again", async () => {
    const client = clientOf(server.origin, key);
    const before = await client.trigger("slow", { ms: 1 });
    const pid = databasePid(project);
    process.kill(pid, "SIGKILL");
    await expect.poll(async () => (await fetch(`${server.origin}/readyz`)).status, { timeout: 30_000, interval: 50 }).toBe(200);
    await expect.poll(() => databasePid(project), { timeout: 30_000 }).not.toBe(pid);
    await expect
      .poll(async () => client.ended(await client.trigger("slow", { ms: 1 })).catch(String), { timeout: 30_000 })
      .toBe("COMPLETED");
    expect(await client.ended(before)).toBe("COMPLETED");
  }, 60_000);

  test("is not ready within 5 s while its database does not answer, and ready again by itself", async () => {
    const pid = databasePid(project);
    process.kill(pid, "SIGSTOP");
    const stopped = Date.now();
    // A stopped postmaster still has answering backends: they are stopped too.
    const backends = childrenOf(pid);
    for (const backend of backends) process.kill(backend, "SIGSTOP");
    await expect.poll(async () => (await fetch(`${server.origin}/readyz`)).status, { timeout: 10_000, interval: 50 }).toBe(503);
    expect(Date.now() - stopped).toBeLessThan(5_000);
    expect((await fetch(`${server.origin}/healthz`)).status).toBe(200);
    for (const stoppedPid of [pid, ...backends]) process.kill(stoppedPid, "SIGCONT");
    await expect.poll(async () => (await fetch(`${server.origin}/readyz`)).status, { timeout: 10_000, interval: 50 }).toBe(200);
  }, 30_000);

  test("SIGTERM lets running work finish, stops the database cleanly, and exits with 0; the next start needs no recovery", async () => {
    const client = clientOf(server.origin, key);
    const running = await client.trigger("slow", { ms: 1_000 });
    await expect.poll(async () => (await client.run(running)).status).toBe("EXECUTING");
    const parked = await client.trigger("slow", { ms: 600_000 });
    await expect.poll(async () => (await client.run(parked)).status).toBe("EXECUTING");
    server.kill("SIGTERM");
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(databaseLog(project)).toMatch(/database system is shut down\n$/);
    const logged = databaseLog(project).length;
    server = await startServer(project);
    expect(databaseLog(project).slice(logged)).not.toMatch(/recovery|not properly shut down/);
    expect(server.secretKey).toBeUndefined();
    expect(server.startedInMs).toBeLessThan(5_000);
    const again = clientOf(server.origin, key);
    expect((await again.run(running)).status).toBe("COMPLETED");
    await expect.poll(async () => (await again.run(parked)).status).toBe("EXECUTING");
  }, 60_000);
});

test("a first start that dies after it has made the secret key leaves it to the next one to show", async () => {
  const project = createProject();
  // Said between the making of the key and the announcement.
  const said = await startAndKill(project, { text: '"deployed"' });
  expect(said).not.toContain("is ready after");
  expect(said).not.toContain("secretKey");
  const second = await startServer(project);
  expect(await clientOf(second.origin, second.secretKey ?? "").trigger("slow", { ms: 1 })).toMatch(/^run_/);
  second.kill("SIGTERM");
  await second.ended;
  const third = await startServer(project);
  expect(third.secretKey).toBeUndefined();
  third.kill("SIGTERM");
  await third.ended;
  project.remove();
}, 120_000);

describe("a start that cannot succeed", () => {
  let project: Project;
  beforeAll(() => void (project = createProject()));
  afterAll(() => project.remove());

  test("wrong variables: a line each, exit 2, nothing made", async () => {
    const { code, output } = await runToEnd(project, { PORT: "many", TRIGGER_SECRET_KEY: "tr_dev_0123456789abcdefghij" });
    expect(code).toBe(2);
    expect(lines(output)).toEqual([
      expect.stringMatching(/^PORT must be a number/),
      expect.stringMatching(/^TRIGGER_SECRET_KEY must begin with tr_prod_/),
    ]);
  });

  test("a port in use: one line, exit 1, before the database is made", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const address = blocker.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { code, output } = await runToEnd(project, { PORT: String(port) });
    blocker.close();
    expect(code).toBe(1);
    expect(lines(output)).toEqual([expect.stringContaining(`PORT: 127.0.0.1:${port} is in use by another process.`)]);
  });

  test("no project: one line, exit 2", async () => {
    const empty = mkdtempSync(join(tmpdir(), "empty-"));
    const { code, output } = await runToEnd(project, { SIGNALBOX_PROJECT: empty });
    rmSync(empty, { recursive: true });
    expect(code).toBe(2);
    expect(lines(output)).toEqual([expect.stringContaining(`${empty} holds no trigger.config.ts`)]);
  });

  test("a database that cannot be reached: one line, exit 1", async () => {
    const { code, output } = await runToEnd(project, {
      PORT: String(await freePort()),
      DATABASE_URL: "postgres://user:hunter2@no-such-host.invalid/db",
    });
    expect(code).toBe(1);
    expect(lines(output)).toEqual([expect.stringContaining("DATABASE_URL: cannot connect")]);
    expect(output).not.toContain("hunter2");
  });

  test("a broken task file: one line that names the place, exit 1", async () => {
    const broken = createProject();
    broken.write("trigger/broken.ts", "export const x = ;\n");
    const { code, output } = await runToEnd(broken, { PORT: String(await freePort()) });
    broken.remove();
    expect(code).toBe(1);
    const said = lines(output).filter((line) => !line.startsWith("{"));
    expect(said).toEqual([expect.stringMatching(/^trigger\/broken\.ts:1:\d+: /)]);
  }, 60_000);

  test.each([
    ["below a file", "trigger.config.ts/data"],
    ["where the system makes no folders", "/proc/signalbox/data"],
  ])("a data directory %s: one line, exit 2", async (_, path) => {
    const { code, output } = await runToEnd(project, { PORT: String(await freePort()), SIGNALBOX_DATA: resolve(project.directory, path) });
    expect(code).toBe(2);
    expect(lines(output)).toEqual([expect.stringMatching(/^SIGNALBOX_DATA: cannot make /)]);
  });

  test.each([
    [{ HOST: "192.0.2.1" }, /^HOST: 192\.0\.2\.1 is no address of this machine\./],
    [{ SIGNALBOX_LOG: "loud" }, /^SIGNALBOX_LOG must be one of/],
  ])("%j: one line, exit 2, and no data directory", async (env, line) => {
    const fresh = createProject();
    const { code, output } = await runToEnd(fresh, { PORT: String(await freePort()), ...env });
    expect({ code, isMade: existsSync(fresh.data) }).toEqual({ code: 2, isMade: false });
    expect(lines(output)).toEqual([expect.stringMatching(line)]);
    fresh.remove();
  });

  test("arguments that there are not: exit 2", async () => {
    const { code, output } = await runToEnd(project, {}, ["start", "--port", "4000"]);
    expect(code).toBe(2);
    expect(output).toMatch(/^signalbox start takes no arguments; not "--port"/);
  });

  test("a Node that is too old is told so in words", () => {
    // As Node 18: no import.meta.dirname.
    const old = `export const load = async (url, context, next) => { const found = await next(url, context);
      return url.endsWith("signalbox.mjs") ? { ...found, source: "import.meta.dirname = import.meta.filename = undefined;" + String(found.source).replace(/^#!.*/, "") } : found; };`;
    const hook = `import { register } from "node:module"; Object.defineProperty(process.versions, "node", { value: "18.19.0" }); register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(old)}`)});`;
    const script = join(import.meta.dirname, "..", "..", "scripts", "signalbox.mjs");
    const { status, stderr } = spawnSync(process.execPath, [`--import=data:text/javascript,${encodeURIComponent(hook)}`, script, "start"], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 1, stderr: "Signalbox needs Node 20.19 or newer; this is 18.19.0.\n" });
  });
});

test("a terminal that is closed (SIGHUP) stops the server in order, its database too", async () => {
  const project = createProject();
  const server = await startServer(project, { SIGNALBOX_ROLES: "engine,worker" });
  const pid = databasePid(project);
  // A shell passes it on when the system has sent it already.
  server.kill("SIGHUP");
  await expect.poll(() => server.output()).toContain("stopping: no new runs");
  server.kill("SIGHUP");
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(databaseLog(project)).toMatch(/database system is shut down\n$/);
  project.remove();
}, 120_000);

function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(readFileSync(`/proc/${name}/stat`, "utf8").split(") ")[1]?.split(" ")[1]) === pid;
      } catch {
        return false; // ended meanwhile
      }
    })
    .map(Number);
}
