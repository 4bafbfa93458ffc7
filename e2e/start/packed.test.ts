import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOf } from "./client";
import { createProject, startServer, type Project, type ServerProcess } from "./server-process";

const root = join(import.meta.dirname, "..", "..");
let project: Project;
let server: ServerProcess | undefined;

beforeAll(() => {
  project = createProject();
  // As `npm install signalbox` leaves it, but with the dependencies that are here already instead of downloaded ones.
  const modules = join(project.directory, "node_modules");
  mkdirSync(modules);
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", project.directory], { cwd: root });
  const tarball = readdirSync(project.directory).find((name) => name.endsWith(".tgz")) ?? "";
  execFileSync("tar", ["xzf", join(project.directory, tarball), "-C", modules]);
  execFileSync("mv", [join(modules, "package"), join(modules, "signalbox")]);
  symlinkSync(join(root, "node_modules"), join(modules, "signalbox", "node_modules"));
}, 60_000);
afterAll(async () => {
  server?.kill("SIGKILL");
  await server?.ended;
  project.remove();
});

test.each(["start", "dev"] as const)("the packed tarball serves a project elsewhere with `signalbox %s`: its tasks run, its dashboard is there", async (mode) => {
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
}, 90_000);

test("the packed command line deploys the project that it is installed in", async () => {
  const bin = join(project.directory, "node_modules", "signalbox", "scripts", "signalbox.mjs");
  const dry = spawnSync(process.execPath, [bin, "deploy", "--dry-run", "--json"], { cwd: project.directory, encoding: "utf8" });
  expect({ status: dry.status, stderr: dry.stderr }).toEqual({ status: 0, stderr: "" });
  expect(JSON.parse(dry.stdout)).toMatchObject({ project: "proj_start_test", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
});

test("a project that has it installed has the types of the hooks, of build extensions and of Python without their packages", () => {
  project.write("tsconfig.json", '{ "compilerOptions": { "strict": true, "noEmit": true, "module": "esnext", "moduleResolution": "bundler", "skipLibCheck": true, "types": ["signalbox"] }, "files": ["typed.ts"] }');
  const uses = `import { ffmpeg } from "@trigger.dev/build/extensions/core"; import type { BuildExtension } from "@trigger.dev/build"; import { python } from "@trigger.dev/python"; import { pythonExtension } from "@trigger.dev/python/extension";
import { useRealtimeRun } from "signalbox/react-hooks";
export const useStatus = (id: string): "QUEUED" | undefined => { const { run } = useRealtimeRun(id); return run?.status === "QUEUED" ? run.status : undefined; };
export const extensions: BuildExtension[] = [ffmpeg({ version: "7" }), pythonExtension({ scripts: [] })];
export const output: Promise<string> = python.runInline("print(1)").then(({ stdout }) => stdout);
`;
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const check = () => spawnSync(process.execPath, [tsc, "-p", project.directory], { encoding: "utf8" }).stdout;
  project.write("typed.ts", uses);
  expect(check()).toBe("");
  project.write("typed.ts", uses.replace('"7"', "7"));
  expect(check()).toMatch(/typed\.ts\(4,\d+\): error TS2322: Type 'number' is not assignable to type 'string'/);
}, 60_000);
