import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOf } from "./client";
import { installPacked } from "./install-packed";
import { createProject, startServer, type Project, type ServerProcess } from "./server-process";

let project: Project;
let server: ServerProcess | undefined;

beforeAll(() => {
  project = createProject();
  installPacked(project.directory);
}, 60_000);
afterAll(async () => {
  server?.kill("SIGKILL");
  await server?.ended;
  project.remove();
});

test.each(["start", "dev"] as const)(
  "the packed tarball serves a project elsewhere with `signalbox %s`: its tasks run, its dashboard is there",
  async (mode) => {
    const installation = join(project.directory, "node_modules", "signalbox");
    expect(existsSync(join(installation, "server"))).toBe(false);
    server = await startServer({ ...project, installation }, {}, mode);
    const client = clientOf(server.origin, server.secretKey ?? "");
    const run = await client.trigger("slow", { ms: 1 });
    expect(await client.ended(run)).toBe("COMPLETED");
    const page = await fetch(`${server.origin}/setup`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("Create the first admin");
    server.kill("SIGTERM");
    expect(await server.ended).toEqual({ code: 0, signal: null });
  },
  90_000,
);

test("the packed command line deploys the project that it is installed in", async () => {
  const bin = join(project.directory, "node_modules", "signalbox", "scripts", "signalbox.mjs");
  const dry = spawnSync(process.execPath, [bin, "deploy", "--dry-run", "--json"], { cwd: project.directory, encoding: "utf8" });
  expect({ status: dry.status, stderr: dry.stderr }).toEqual({ status: 0, stderr: "" });
  expect(JSON.parse(dry.stdout)).toMatchObject({ project: "proj_start_test", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
});
