import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOf } from "./client";
import { commandLine, type CommandLine } from "./command-line";
import { createProject, freePort, startServer, type Project, type ServerProcess } from "./server-process";

let project: Project;
let server: ServerProcess;
let cli: CommandLine;
let key: string;

beforeAll(async () => {
  project = createProject();
  server = await startServer(project, { SIGNALBOX_ROLES: "engine,worker" });
  key = server.secretKey ?? "";
  cli = commandLine({ SIGNALBOX_DATA: project.data, SIGNALBOX_PROJECT: project.directory, PORT: new URL(server.origin).port });
}, 120_000);
afterAll(async () => {
  server?.kill("SIGTERM");
  await server?.ended;
  project.remove();
  cli?.remove();
});

const status = async (secretKey: string) =>
  (await fetch(`${server.origin}/api/v1/environment`, { headers: { authorization: `Bearer ${secretKey}` } })).status;

test("keys are listed without what is secret, made, and revoked, while the server runs", async () => {
  const made = JSON.parse((await cli(["keys", "create", "ci", "--json"])).stdout) as { id: string; key: string }; // looked at below
  expect(made).toMatchObject({ key: expect.stringMatching(/^tr_prod_sk_\w{24}$/), environment: "prod", name: "ci" });
  await expect.poll(() => status(made.key)).toBe(200);
  const listed = await cli(["keys"]);
  expect(listed.stdout).toMatch(new RegExp(`^${made.id}  tr_prod_sk_…\\w{4}  prod     valid .* ci\n`));
  expect(listed.stdout).not.toContain(made.key);
  expect(await cli(["keys", "revoke", made.id])).toMatchObject({ code: 0 });
  await expect.poll(() => status(made.key)).toBe(401);
  expect(await cli(["keys", "revoke", made.id])).toMatchObject({ code: 1, stderr: expect.stringContaining("no valid key") });
  expect(await cli(["keys", "create", "x", "--env", "staging"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("there is no such environment, only prod"),
  });
  expect(await cli(["keys", "create", ""])).toMatchObject({ code: 1, stderr: expect.stringContaining("needs a name") });
});

test("doctor tells what a server needs here, and what is wrong", async () => {
  const well = JSON.parse((await cli(["doctor", "--json"])).stdout) as {
    ok: boolean;
    findings: { what: string; level: string; text: string }[];
  }; // looked at below
  expect(well.ok).toBe(true);
  expect(well.findings.map(({ what }) => what)).toEqual(
    expect.arrayContaining(["node", "settings", "data", "disk", "postgresql", "tasks"]),
  );
  expect(well.findings.find(({ what }) => what === "data")?.text).toContain("on which a server runs");
  const elsewhere = join(project.directory, "nothing-yet");
  const taken = await cli(["doctor"], { env: { SIGNALBOX_DATA: elsewhere } });
  expect(taken).toMatchObject({ code: 1, stdout: expect.stringMatching(/PROBLEM\s+port .*EADDRINUSE/) });
  expect(existsSync(elsewhere)).toBe(false);
  expect(await cli(["doctor"], { env: { PORT: "many" } })).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/PROBLEM\s+settings\s+PORT must be a number/),
  });
  project.write(
    "trigger.config.ts",
    `import { defineConfig } from "@trigger.dev/sdk";
import { aptGet } from "@trigger.dev/build/extensions/core";
export default defineConfig({ project: "proj_start_test", dirs: ["./trigger"], maxDuration: 300, build: { extensions: [aptGet({ packages: ["no-such-package-anywhere"] })] } });
`,
  );
  expect((await cli(["doctor"])).stdout).toMatch(/warning\s+machine\s+.*no-such-package-anywhere/);
  project.write("trigger/broken.ts", "export const = 1;");
  expect(await cli(["doctor"])).toMatchObject({ code: 1, stdout: expect.stringMatching(/PROBLEM\s+tasks\s+trigger\/broken\.ts:1:/) });
  rmSync(join(project.directory, "trigger", "broken.ts"));
});

test("a backup of a stopped server is restored where nothing is: keys, runs and versions are there", async () => {
  const client = clientOf(server.origin, key);
  const run = await client.trigger("slow", { ms: 1 });
  expect(await client.ended(run)).toBe("COMPLETED");
  const file = join(project.directory, "backup.tgz");
  expect(await cli(["backup", file])).toMatchObject({ code: 1, stderr: expect.stringContaining("The server runs: stop it first") });
  expect(existsSync(file)).toBe(false);
  server.kill("SIGTERM");
  await server.ended;
  expect(await cli(["backup", file])).toMatchObject({ code: 0, stdout: expect.stringContaining("master key") });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await cli(["backup", file])).toMatchObject({ code: 1, stderr: expect.stringContaining("is there already") });
  expect(await cli(["restore", file])).toMatchObject({ code: 1, stderr: expect.stringContaining("is not empty, and nothing was changed") });
  const restored = join(project.directory, "restored");
  const noBackup = join(project.directory, "no.tgz");
  writeFileSync(noBackup, "hello");
  expect(await cli(["restore", noBackup], { env: { SIGNALBOX_DATA: restored } })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("cannot be unpacked"),
  });
  expect(readdirSync(project.directory).filter((name) => name.startsWith("restored"))).toEqual([]);
  expect(await cli(["restore", file], { env: { SIGNALBOX_DATA: restored } })).toMatchObject({ code: 0 });
  rmSync(project.data, { recursive: true });
  project.data = restored;
  server = await startServer({ ...project, data: restored }, { SIGNALBOX_ROLES: "engine,worker", PORT: String(await freePort()) });
  expect(server.secretKey).toBeUndefined();
  const again = clientOf(server.origin, key);
  expect((await again.run(run)).status).toBe("COMPLETED");
  expect(await again.ended(await again.trigger("slow", { ms: 1 }))).toBe("COMPLETED");
}, 180_000);

test("completion is of the commands themselves, and shells take it", async () => {
  const { stdout } = await cli(["completion", "bash"]);
  const words = (line: string) => {
    const list = line.split(" ");
    const script = `${stdout}\nCOMP_WORDS=(${list.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${list.length - 1}; _signalbox; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout: said, stderr } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8", cwd: mkdirEmpty() });
    expect(stderr).toBe("");
    return said.trim().split("\n");
  };
  expect(words("signalbox de")).toEqual(["dev", "deploy", "deployments"]);
  expect(words("signalbox runs ")).toEqual(expect.arrayContaining(["list", "show", "follow", "cancel", "replay"]));
  expect(words("signalbox runs list --st")).toEqual(["--status"]);
  expect(words("signalbox --profile x env pu")).toEqual(["pull"]);
  expect((await cli(["completion", "fish"])).stdout).toContain("complete -c signalbox -f -n '__fish_use_subcommand' -a deploy");
  expect((await cli(["completion", "zsh"])).stdout).toMatch(/^autoload -U \+X bashcompinit/);
  expect(await cli(["completion", "tcsh"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Allowed choices are bash, zsh, fish"),
  });
});

function mkdirEmpty(): string {
  const folder = join(project.directory, "empty");
  mkdirSync(folder, { recursive: true });
  return folder;
}
