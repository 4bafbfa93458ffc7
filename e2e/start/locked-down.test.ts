import { connect } from "node:net";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOf } from "./client";
import { createProject, runToEnd, startServer, type Project, type ServerProcess } from "./server-process";

const key = "tr_prod_0123456789abcdefghijklmnopqrstuv";
const email = "ada@example.com";
const password = "correct horse battery";
const spy = `import { readFileSync } from "node:fs";
import { task } from "@trigger.dev/sdk";
export const spy = task({ id: "spy", run: async () => ({ env: JSON.stringify(process.env), server: readFileSync(\`/proc/\${process.ppid}/environ\`, "utf8") }) });
`;

let project: Project;
let server: ServerProcess;
let cookie: string;
const at = (path: string, init: RequestInit = {}) => fetch(server.origin + path, init);
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  at(path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });

beforeAll(async () => {
  project = createProject();
  project.write("trigger/spy.ts", spy);
  server = await startServer(project, { TRIGGER_SECRET_KEY: key });
}, 120_000);
afterAll(async () => {
  server.kill("SIGKILL");
  await server.ended;
  project.remove();
});

test("the first setup by a program that is no browser is answered with what happened", async () => {
  const answer = await post("/api/setup", { code: server.setupLink?.split("#code=")[1], name: "Ada", email, password });
  expect([answer.status, await answer.json()]).toEqual([200, { user: { name: "Ada", email }, signedIn: true }]);
  cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
});

test("neither the environment of a task nor that of the server holds the secret key", async () => {
  const client = clientOf(server.origin, key);
  const id = await client.trigger("spy", {});
  expect(await client.ended(id)).toBe("COMPLETED");
  const run = JSON.stringify(await client.run(id));
  expect(run).toContain("SIGNALBOX_PREBUILT");
  expect(run).not.toContain(key);
  expect(readFileSync(`/proc/${server.pid}/environ`, "utf8")).not.toContain(key);
});

test("the data directory and what it holds are their owner's alone", () => {
  for (const name of ["", "builds", "packets", "postgres", "workers"])
    expect([name, statSync(join(project.data, name)).mode & 0o777]).toEqual([name, 0o700]);
});

test("pages, files and answers carry one content security policy each, and what else keeps browsers in bounds", async () => {
  const page = await (await at("/sign-in")).text();
  const script = /src="(\/_next\/static\/[^"]+\.js)/.exec(page)?.[1] ?? "";
  for (const path of [
    "/sign-in",
    "/setup",
    "/join",
    "/reset",
    "/team",
    "/no/such/page",
    script,
    "/icon.svg",
    "/api/setup",
    "/api/none",
    "/api/dashboard/me",
    "/healthz",
    "/metrics",
    "/realtime/v1/runs",
  ]) {
    const { headers, status } = await at(path, { redirect: "manual" });
    const policy = headers.get("content-security-policy") ?? "";
    expect([path, status, policy.match(/default-src/g)?.length, policy.includes("frame-ancestors 'none'")]).toEqual([
      path,
      status,
      1,
      true,
    ]);
    expect([
      path,
      headers.get("cross-origin-opener-policy"),
      headers.get("permissions-policy") !== null,
      headers.get("x-content-type-options"),
      headers.get("strict-transport-security"),
    ]).toEqual([path, "same-origin", true, "nosniff", null]);
  }
  expect((await at("/sign-in")).headers.get("content-security-policy")).toMatch(/script-src 'self' 'nonce-/);
});

test("a page of another site that has its name taken to this address reaches nothing", async () => {
  const { port } = new URL(server.origin);
  for (const path of ["/metrics", "/sign-in", "/api/setup", "/api/v1/runs"]) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`GET ${path} HTTP/1.1\r\nHost: rebound.example:${port}\r\nConnection: close\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 421 /);
  }
});

test("who is locked out gets a link on the command line, while the server runs and while it does not", async () => {
  const people = (...args: string[]) => runToEnd(project, { PORT: new URL(server.origin).port }, ["people", ...args]);
  expect((await people()).output).toBe(`admin     ${email}  Ada\n`);
  expect(await people("role", email, "viewer")).toMatchObject({ code: 1, output: expect.stringContaining("is the last admin") });
  const { output } = await people("reset", "Ada@Example.com");
  const [, code] = new RegExp(`^${server.origin}/reset#code=(\\S+)`).exec(output) ?? [];
  const reset = await post("/api/reset-password", { code, password: "six green ladders" });
  expect(await reset.json()).toMatchObject({ signedIn: true });
  // Whoever had a session has none any more.
  expect((await at("/api/dashboard/me", { headers: { cookie } })).status).toBe(401);
  expect((await post("/api/auth/sign-in/email", { email, password })).status).toBe(401);

  server.kill("SIGTERM");
  await server.ended;
  const invited = await people("invite", "bob@example.com", "operator");
  expect(invited).toMatchObject({ code: 0, output: expect.stringContaining("/join#code=") });
  const file = join(project.directory, "key");
  writeFileSync(file, `${key}\n`);
  server = await startServer(project, { TRIGGER_SECRET_KEY_FILE: file, PORT: new URL(server.origin).port });
  const [, joinCode] = /#code=(\S+)/.exec(invited.output) ?? [];
  expect((await post("/api/join", { code: joinCode, name: "Bob", password: "purple anvil seventeen" })).status).toBe(200);
}, 180_000);
