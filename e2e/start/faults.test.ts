import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "@/test/database";
import { clientOf, type Client } from "./client";
import { createProject, runToEnd, startServer, type Project, type ServerProcess } from "./server-process";

/** Without pages, which are Next's, a server is there sooner. */
const roles = { SIGNALBOX_ROLES: "engine,worker" };
/** What the server's process, and none of its tasks, does at SIGUSR2: the file names it. */
const onSignal = (file: string) => {
  const code = `
    import { readFileSync } from "node:fs";
    const real = Date, now = Date.now;
    process.on("SIGUSR2", () => {
      const what = readFileSync(${JSON.stringify(file)}, "utf8");
      if (what === "reject") return void Promise.reject(new Error("planted"));
      const by = Number(what) * 3_600_000;
      globalThis.Date = class extends real { constructor(...given) { if (given.length === 0) super(now() + by); else super(...given); } };
      globalThis.Date.now = () => now() + by;
    });`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
};

describe("two servers with one database", () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let places: Project[];
  let env: Record<string, string>;
  beforeAll(async () => {
    database = await createTestDatabase();
    places = [createProject(), createProject()];
    env = { ...roles, DATABASE_URL: database.url };
  });
  afterAll(async () => {
    for (const place of places) place.remove();
    await database.drop();
  });
  const place = (index: number): Project => places[index] ?? places[0] ?? createProject();

  test("the second is refused in one line that names the first, which goes on; a restart that overlaps comes up", async () => {
    const first = await startServer(place(0), env);
    const client = clientOf(first.origin, first.secretKey ?? "");
    const refused = await runToEnd(place(1), { ...env, PORT: "0" });
    expect(refused.code).toBe(1);
    expect(refused.output.trim().split("\n").at(-1)).toMatch(
      new RegExp(`^another Signalbox \\(process ${first.pid} on .*\\) runs on this database, .* \\(DATABASE_URL\\)\\.$`),
    );
    expect(await client.ended(await client.trigger("slow", { ms: 1 }))).toBe("COMPLETED");

    const running = await client.trigger("slow", { ms: 60_000 });
    await expect.poll(async () => (await client.run(running)).status).toBe("EXECUTING");
    copyFileSync(join(place(0).data, "master.key"), join(place(1).data, "master.key"));
    const starting = startServer(place(1), env);
    first.kill("SIGTERM");
    const second = await starting;
    expect(await first.ended).toEqual({ code: 0, signal: null });
    const again = clientOf(second.origin, first.secretKey ?? "");
    await expect.poll(async () => (await again.run(running)).status).toBe("EXECUTING");
    second.kill("SIGKILL");
    await second.ended;

    // Nobody's lease is waited for: its session ended with the process.
    const third = await startServer(place(0), env);
    await expect.poll(async () => (await clientOf(third.origin, first.secretKey ?? "").run(running)).status).toBe("EXECUTING");
    third.kill("SIGKILL");
    await third.ended;
  }, 120_000);
});

describe("a server", () => {
  let project: Project;
  let server: ServerProcess;
  let client: Client;
  let key = "";
  const open = async (): Promise<void> => {
    server = await startServer(project, { ...roles, ...onSignal(join(project.directory, "signal")) });
    key = server.secretKey ?? key;
    client = clientOf(server.origin, key);
  };
  const signal = (what: string): void => {
    project.write("signal", what);
    server.kill("SIGUSR2");
  };
  const executing = async (ms: number): Promise<string> => {
    const run = await client.trigger("slow", { ms });
    await expect.poll(async () => (await client.run(run)).status).toBe("EXECUTING");
    return run;
  };
  beforeAll(async () => {
    project = createProject();
    await open();
  }, 120_000);
  afterAll(async () => {
    server.kill("SIGKILL");
    await server.ended;
    project.remove();
  });

  test.each(["1", "-1"])(
    "whose wall clock is set by %s h ends no run, and keeps to delays",
    async (hours) => {
      const running = await executing(4_000);
      signal(hours);
      expect(await client.ended(await client.trigger("slow", { ms: 1 }, undefined, { delay: "1s" }))).toBe("COMPLETED");
      expect(await client.ended(running)).toBe("COMPLETED");
      signal("0");
    },
    120_000,
  );

  test("that was stopped for a while goes on with its runs", async () => {
    const running = await executing(3_000);
    server.kill("SIGSTOP");
    // The passing of this time is what is tested: longer than its lease.
    await sleep(12_000);
    server.kill("SIGCONT");
    expect(await client.ended(running)).toBe("COMPLETED");
    expect(await client.ended(await client.trigger("slow", { ms: 1 }))).toBe("COMPLETED");
  }, 120_000);

  test("stops at a rejection that nobody handles, and resumes what it ran at its next start", async () => {
    const running = await executing(10_000);
    signal("reject");
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(server.output()).toMatch(/a fault in Signalbox; it stops.*planted/);
    await open();
    expect(await client.ended(running)).toBe("COMPLETED");
    server.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
  }, 120_000);
});
