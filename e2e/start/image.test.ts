import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientOf } from "./client";
import { commandLine, type CommandLine } from "./command-line";
import { createProject, runToEnd, startServer, type Project, type ServerProcess } from "./server-process";

const root = join(import.meta.dirname, "..", "..");
let work: Project;
/** Stands for the image's file system: the folder that its steps leave, without a project of its own. */
let image: Project;
let cli: CommandLine;
let server: ServerProcess | undefined;
let context: string;

beforeAll(() => {
  work = createProject();
  image = createProject();
  cli = commandLine();
  context = join(work.directory, "out", "image");
});
afterAll(async () => {
  server?.kill("SIGKILL");
  await server?.ended;
  work.remove();
  image.remove();
  cli.remove();
});

/** Steps of a Containerfile, `["RUN", "apt-get …"]`, comments left out and continued lines joined. Throws on what is no instruction. */
function stepsOf(file: string): [string, string][] {
  const lines = readFileSync(file, "utf8")
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [, name, rest] =
      /^(ARG|FROM|RUN|COPY|ENV|USER|WORKDIR|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT|CMD) (\S.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) throw new Error(`no step of a Containerfile: ${line}`);
    return [name, rest];
  });
}

/** Variables that a Containerfile sets, for the process that it starts. */
const variablesOf = (file: string): Record<string, string> =>
  Object.fromEntries(
    stepsOf(file)
      .filter(([name]) => name === "ENV")
      .flatMap(([, rest]) => rest.split(" ").map((pair) => pair.split("=") as [string, string])),
  ); // NAME=value, as all of ours are

describe("signalbox build --image", () => {
  const config = `import { defineConfig } from "@trigger.dev/sdk";
import { aptGet, ffmpeg } from "@trigger.dev/build/extensions/core";
import { puppeteer } from "@trigger.dev/build/extensions/puppeteer";
import { playwright } from "@trigger.dev/build/extensions/playwright";
import { pythonExtension } from "@trigger.dev/python/extension";
const own = { name: "own", onBuildComplete: (context) => context.addLayer({ id: "own", image: { pkgs: ["jq"], instructions: ["RUN echo own"] } }) };
export default defineConfig({ project: "proj_start_test", dirs: ["./trigger"], maxDuration: 300, build: { extensions: [
  aptGet({ packages: ["poppler-utils", "jq"] }), ffmpeg(), puppeteer(), playwright({ browsers: ["chromium", "firefox"], version: "1.50.0" }),
  pythonExtension({ requirements: ["requests>=2 # http", "it's==1"] }), own,
] } });
`;

  test("writes the build, and a Containerfile with what each extension asks for", async () => {
    work.write("trigger.config.ts", config);
    const done = await cli(["build", work.directory, "--image", context, "--json"]);
    expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(done.stdout)).toMatchObject({ project: "proj_start_test", image: context });
    expect(readdirSync(context).toSorted()).toEqual(["Containerfile", "build.tgz", "tasks.env"]);
    const apt = (packages: string) =>
      `apt-get update && apt-get install -y --no-install-recommends ${packages} && rm -rf /var/lib/apt/lists/*`;
    expect(stepsOf(join(context, "Containerfile"))).toEqual([
      ["ARG", "SIGNALBOX_IMAGE=signalbox"],
      ["FROM", "${SIGNALBOX_IMAGE}"],
      ["USER", "root"],
      ["RUN", apt("poppler-utils jq ffmpeg")],
      ["RUN", apt("chromium")],
      ["ENV", "PLAYWRIGHT_BROWSERS_PATH=/ms-playwright"],
      ["RUN", "npx --yes playwright@1.50.0 install --with-deps chromium firefox"],
      [
        "RUN",
        `${apt("python3 python3-venv")} && python3 -m venv /opt/python && /opt/python/bin/pip install --no-cache-dir 'requests>=2' 'it'\\''s==1'`,
      ],
      ["RUN", "echo own"],
      ["COPY", "--chown=node:node tasks.env /srv/project/.env"],
      ["COPY", "--chown=node:node build.tgz /srv/project/build.tgz"],
      ["ENV", "SIGNALBOX_PROJECT=/srv/project SIGNALBOX_PROJECT_REF=proj_start_test SIGNALBOX_BUILD=/srv/project/build.tgz"],
      ["USER", "node"],
      ["WORKDIR", "/srv/project"],
    ]);
    expect(readFileSync(join(context, "tasks.env"), "utf8").split("\n").filter(Boolean)).toEqual([
      'FFMPEG_PATH="/usr/bin/ffmpeg"',
      'FFPROBE_PATH="/usr/bin/ffprobe"',
      'PUPPETEER_EXECUTABLE_PATH="/usr/bin/chromium"',
      'PLAYWRIGHT_BROWSERS_PATH="/ms-playwright"',
      'PYTHON_BIN_PATH="/opt/python/bin/python"',
    ]);
    // A second time it is overwritten; other files are not mixed with it.
    expect((await cli(["build", work.directory, "--image", context])).code).toBe(0);
    const other = await cli(["build", work.directory, "--image", work.directory]);
    expect({ code: other.code, stderr: other.stderr }).toEqual({ code: 2, stderr: expect.stringContaining("holds other files") });
  }, 180_000);

  test("the server of the image starts with the version, keeps a roll-back over a restart, and stops in order", async () => {
    const project = join(image.directory, "srv");
    mkdirSync(project);
    const place = (path: string) => path.replace("/srv/project", project);
    for (const [name, rest] of stepsOf(join(context, "Containerfile")))
      if (name === "COPY")
        execFileSync(
          "cp",
          rest
            .split(" ")
            .slice(1)
            .map((path, i) => (i === 0 ? join(context, path) : place(path))),
        );
    const base = variablesOf(join(root, "deploy", "Containerfile"));
    const of = { ...base, ...variablesOf(join(context, "Containerfile")) };
    const env = {
      SIGNALBOX_ROLES: "engine,worker",
      HOST: "127.0.0.1",
      SIGNALBOX_PROJECT: place(of["SIGNALBOX_PROJECT"] ?? ""),
      SIGNALBOX_PROJECT_REF: of["SIGNALBOX_PROJECT_REF"] ?? "",
      SIGNALBOX_BUILD: place(of["SIGNALBOX_BUILD"] ?? ""),
    };
    const of2 = { directory: project, data: image.data };
    server = await startServer(of2, env);
    const key = server.secretKey ?? "";
    const versions = async (): Promise<{ version: string }[]> =>
      (
        (await (await fetch(`${server?.origin}/api/v1/deployments`, { headers: { authorization: `Bearer ${key}` } })).json()) as {
          data: { version: string }[];
        }
      ).data;
    await expect.poll(async () => (await versions()).length, { timeout: 30_000 }).toBe(1);
    const client = clientOf(server.origin, key);
    expect(await client.ended(await client.trigger("slow", { ms: 1 }))).toBe("COMPLETED");

    const [, health = ""] = stepsOf(join(root, "deploy", "Containerfile")).find(([name]) => name === "HEALTHCHECK") ?? [];
    const script = /CMD node -e "(.*)"$/.exec(health)?.[1] ?? "process.exit(9)";
    const checked = (port: string) => runCheck(script, port);
    expect(checked(new URL(server.origin).port)).toBe(0);
    expect(checked("1")).toBe(1);

    server.kill("SIGTERM");
    expect(await server.ended).toEqual({ code: 0, signal: null });
    server = await startServer(of2, env);
    await expect.poll(versions).toHaveLength(1);
    const again = clientOf(server.origin, key);
    expect(await again.ended(await again.trigger("slow", { ms: 1 }))).toBe("COMPLETED");
  }, 240_000);

  test("a build that is not there, or without its project, is said before anything is made", async () => {
    const missing = await runToEnd(
      { directory: join(image.directory, "srv"), data: join(image.directory, "none") },
      { SIGNALBOX_PROJECT_REF: "proj_start_test", SIGNALBOX_BUILD: "none.tgz" },
    );
    expect(missing).toMatchObject({ code: 2, output: expect.stringMatching(/SIGNALBOX_BUILD: .*none\.tgz is no file/) });
    const loose = await runToEnd({ directory: image.directory, data: join(image.directory, "none") }, { SIGNALBOX_BUILD: "build.tgz" });
    expect(loose).toMatchObject({ code: 2, output: expect.stringContaining("SIGNALBOX_PROJECT_REF") });
    expect(readdirSync(image.directory)).not.toContain("none");
  });
});

function runCheck(script: string, port: string): number {
  try {
    execFileSync(process.execPath, ["-e", script], { env: { PORT: port, NODE_ENV: "production" } });
    return 0;
  } catch (error) {
    return error instanceof Error && "status" in error ? Number(error.status) : -1;
  }
}

describe("the server's own image", () => {
  test("runs as a user of its own, passes signals on, and keeps its data in a volume", () => {
    const steps = stepsOf(join(root, "deploy", "Containerfile"));
    expect(steps.slice(-8)).toMatchObject([
      ["USER", "node"],
      ["WORKDIR", "/srv/project"],
      ["VOLUME", "/data"],
      ["EXPOSE", "3030"],
      ["STOPSIGNAL", "SIGTERM"],
      ["HEALTHCHECK", expect.any(String)],
      ["ENTRYPOINT", '["tini", "--", "signalbox"]'],
      ["CMD", '["start"]'],
    ]);
    expect(variablesOf(join(root, "deploy", "Containerfile"))).toMatchObject({
      HOST: "0.0.0.0",
      PORT: "3030",
      SIGNALBOX_DATA: "/data",
      SIGNALBOX_PROJECT: "/srv/project",
    });
  });
});
