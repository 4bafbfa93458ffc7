import { execFile } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "@/test/database";
import { clientOf, type Client } from "./client";
import { createProject, startServer, type Project, type ServerProcess } from "./server-process";

const config = `import { defineConfig } from "@trigger.dev/sdk";
import { additionalFiles, aptGet, ffmpeg, syncEnvVars } from "@trigger.dev/build/extensions/core";
import { prismaExtension } from "@trigger.dev/build/extensions/prisma";
import { puppeteer } from "@trigger.dev/build/extensions/puppeteer";
import { pythonExtension } from "@trigger.dev/python/extension";
export default defineConfig({
  project: "proj_extensions", maxDuration: 60, legacyDevProcessCwdBehaviour: false, extraCACerts: "./certs/ca.pem", deploy: { env: { FROM_CONFIG: "deployed", OWN: "of the config" } },
  build: { extensions: [
    additionalFiles({ files: ["assets/*.txt"] }), aptGet({ packages: ["no-such-package-anywhere"] }), ffmpeg(), puppeteer(), pythonExtension({ scripts: ["scripts/*.py"] }),
    prismaExtension({ mode: "legacy", schema: "prisma/schema.prisma", clientGenerator: "client" }),
    syncEnvVars(() => [{ name: "SYNCED", value: "a s3cret from elsewhere", isSecret: true }]),
  ] },
});
`;
const tasks = `import { execFile } from "node:child_process"; import { readFileSync } from "node:fs"; import { promisify } from "node:util";
import { task } from "@trigger.dev/sdk"; import { python } from "@trigger.dev/python"; import { PrismaPg } from "@prisma/adapter-pg"; import { PrismaClient } from "../generated/client";
const run = promisify(execFile);
export const surroundings = task({ id: "surroundings", run: async () => [readFileSync("assets/note.txt", "utf8"), process.env.FROM_CONFIG, process.env.OWN, process.env.SYNCED] });
export const trusted = task({ id: "trusted", run: async (payload: { url: string }) => (await fetch(payload.url)).text() });
export const video = task({ id: "video", run: async () => {
  await run(process.env.FFMPEG_PATH!, ["-y", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x48:rate=5", process.env.HOME_OF_TEST + "/made.avi"]);
  return JSON.parse((await run(process.env.FFPROBE_PATH!, ["-v", "error", "-show_streams", "-of", "json", process.env.HOME_OF_TEST + "/made.avi"])).stdout).streams[0].width; } });
export const page = task({ id: "page", run: async () => (await run(process.env.PUPPETEER_EXECUTABLE_PATH!, ["--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + process.env.HOME_OF_TEST + "/chrome", "--dump-dom", "data:text/html,<p id=x></p><script>x.textContent=6*7</script>"])).stdout });
export const snake = task({ id: "snake", retry: { maxAttempts: 1 }, run: async () => {
  const lines: string[] = []; for await (const line of python.stream.runInline("print('one'); print('two')")) lines.push(line);
  const failed = await python.runInline("import sys; sys.stderr.write('bad luck'); sys.exit(3)").catch((error: Error) => error.message);
  const streamed = (async () => { for await (const _ of python.stream.run(["-c", "raise SystemExit(4)"])); })().then(() => "went on", (error: Error) => error.message);
  return { script: await python.runScript("./scripts/hello.py", ["Ada"], { env: { GREETING: "Hello" } }), run: (await python.run(["-c", "import os; print(os.environ['SYNCED'])"])).stdout, lines, failed, streamed: await streamed };
} });
export const stored = task({ id: "stored", run: async () => {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });
  try { await prisma.$executeRawUnsafe('create table if not exists "Note" (id serial primary key, text text not null)'); await prisma.note.create({ data: { text: "kept" } }); return (await prisma.note.findMany()).map(({ text }) => text); } finally { await prisma.$disconnect(); }
} });
`;
const schema = `generator client {
  provider = "prisma-client"
  output   = "../generated"
}
datasource db {
  provider = "postgresql"
}
model Note {
  id   Int @id @default(autoincrement())
  text String
}
`;

const fixture = (name: string) => readFileSync(join(import.meta.dirname, "fixtures", name), "utf8");
let project: Project;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let server: ServerProcess;
let client: Client;
let secure: Server;
beforeAll(async () => {
  project = createProject();
  database = await createTestDatabase();
  symlinkSync(join(import.meta.dirname, "..", "..", "node_modules"), join(project.directory, "node_modules"));
  const files = {
    "trigger.config.ts": config,
    "trigger/tasks.ts": tasks,
    "prisma/schema.prisma": schema,
    "assets/note.txt": "a note",
    "scripts/hello.py": "import os, sys\nprint(os.environ['GREETING'], sys.argv[1])\n",
    "certs/ca.pem": fixture("certificate.pem"),
    // Generating needs no engine, only that the file exists.
    ".env": `OWN=of the file\nDATABASE_URL=${database.url}\nHOME_OF_TEST=${project.directory}\nPRISMA_SCHEMA_ENGINE_BINARY=${process.execPath}\n`,
  };
  for (const [name, text] of Object.entries(files)) project.write(name, text);
  secure = createServer(
    { key: fixture("key.pem"), cert: fixture("certificate.pem") },
    (_, response) => void response.end("over TLS"),
  ).listen(0, "127.0.0.1");
  await once(secure, "listening");
  server = await startServer(project, { SIGNALBOX_ROLES: "engine,worker" });
  client = clientOf(server.origin, server.secretKey ?? "");
}, 120_000);
afterAll(async () => {
  server.kill("SIGKILL");
  await server.ended;
  secure.close();
  await database.drop();
  project.remove();
});

async function outputOf(task: string, payload: unknown = {}): Promise<unknown> {
  const id = await client.trigger(task, payload);
  expect(await client.ended(id), JSON.stringify(await client.run(id))).toBe("COMPLETED");
  return (await client.run(id)).output;
}
const isThere = (program: string) =>
  promisify(execFile)("sh", ["-c", `command -v ${program}`]).then(
    () => true,
    () => false,
  );

test("tasks find additional files in their working directory, and the variables of the config, the extensions and the project by their rank", async () => {
  expect(await outputOf("surroundings")).toEqual(["a note", "deployed", "of the file", "a s3cret from elsewhere"]);
  expect(server.output()).not.toContain("s3cret");
});

test("tasks trust the certificates of the config", async () => {
  const address = secure.address();
  expect(await outputOf("trusted", { url: `https://127.0.0.1:${typeof address === "object" ? address?.port : ""}/` })).toBe("over TLS");
});

test("what the machine lacks is said at the start, with the command", () => {
  expect(server.output()).toMatch(
    /aptGet: This machine lacks no-such-package-anywhere\. Install with: apt-get install -y no-such-package-anywhere/,
  );
});

/** What a run gives, where the machine has what it needs; else what the start has said about it. */
async function roadOf(
  task: string,
  { needs, extension }: { needs: string[]; extension: string },
): Promise<{ output: unknown } | { said: string | undefined }> {
  const found = await Promise.all(needs.map(isThere));
  if (found.includes(true)) return { output: await outputOf(task) };
  return {
    said: server
      .output()
      .split("\n")
      .find((line) => line.includes(`"${extension}: `)),
  };
}
const withCommand = (command: string) => ({ said: expect.stringContaining(command) });

test("a run makes a video with ffmpeg, or the start has said how to bring it", async () => {
  const road = await roadOf("video", { needs: ["ffmpeg"], extension: "ffmpeg" });
  expect(road).toEqual("said" in road ? withCommand("apt-get install -y ffmpeg") : { output: 64 });
});

test("a run renders a page in the machine's Chromium, or the start has said how to bring it", async () => {
  const road = await roadOf("page", {
    needs: ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser"],
    extension: "puppeteer",
  });
  const rendered = { output: expect.stringContaining("42") };
  expect(road).toEqual("said" in road ? withCommand("apt-get install -y chromium") : rendered);
}, 60_000);

test("runs run Python: scripts, code, lines as they come, and failures with their code; or the start has said how to bring it", async () => {
  const road = await roadOf("snake", { needs: ["python3", "python"], extension: "python" });
  const output = {
    script: { stdout: "Hello Ada\n", stderr: "", exitCode: 0 },
    run: "a s3cret from elsewhere\n",
    lines: ["one", "two"],
    failed: expect.stringMatching(/exited with a non-zero code 3:\nbad luck/),
    streamed: expect.stringContaining("exited with a non-zero code 4"),
  };
  expect(road).toEqual("said" in road ? withCommand("apt-get install -y python3") : { output });
}, 60_000);

test("a run uses the client that prisma has generated at the start", async () => {
  expect(await outputOf("stored")).toEqual(["kept"]);
});
