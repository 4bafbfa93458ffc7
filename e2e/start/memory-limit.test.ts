import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientOf, type Client } from "./client";
import { makeMemoryGroup } from "./memory-group";
import { createProject, startServer, type Project, type ServerProcess } from "./server-process";

const tasks = `import { existsSync, writeFileSync } from "node:fs";
import { task } from "@trigger.dev/sdk";
// Outside of V8's heap, whose own limit would end it first.
export const eat = task({ id: "eat", retry: { maxAttempts: 3 }, run: async () => {
  const eaten: Buffer[] = [];
  for (;;) { eaten.push(Buffer.alloc(32 * 1024 * 1024, 1)); await new Promise((r) => setTimeout(r, 5)); }
} });
export const die = task({ id: "die", machine: "small-2x", retry: { maxAttempts: 1 }, run: async (mark: string, { ctx }) => {
  if (!existsSync(mark)) { writeFileSync(mark, ""); process.kill(process.pid, "SIGKILL"); await new Promise(() => {}); }
  return ctx.attempt.number;
} });
`;

const group = makeMemoryGroup(1200 * 1024 * 1024);
if ("reason" in group) process.stdout.write(`skipped, as no memory-limited control group can be made here: ${group.reason}\n`);

describe.skipIf("reason" in group)("in a control group with little memory", () => {
  let project: Project;
  let server: ServerProcess;
  let client: Client;
  beforeAll(async () => {
    project = createProject();
    project.write("trigger/memory.ts", tasks);
    if ("processes" in group) project.group = group.processes;
    server = await startServer(project, { SIGNALBOX_ROLES: "engine,worker" });
    client = clientOf(server.origin, server.secretKey ?? "");
  }, 120_000);
  afterAll(async () => {
    server.kill("SIGTERM");
    await server.ended;
    if ("remove" in group) await group.remove();
    project.remove();
  });

  test("a run that the kernel kills for want of memory has crashed, and says so; its neighbour and one that is killed from outside complete", async () => {
    const neighbour = await client.trigger("slow", { ms: 3000 });
    await expect.poll(async () => (await client.run(neighbour)).status).toBe("EXECUTING");
    const eater = await client.trigger("eat", {});
    expect(await client.ended(eater)).toBe("CRASHED");
    expect(await client.run(eater)).toMatchObject({ attemptCount: 1, error: { message: expect.stringMatching(/memory/i) } });
    // Alone in its process like the other, and the kernel's count has found its process.
    const killed = await client.trigger("die", `${project.directory}/mark`);
    expect(await client.ended(killed)).toBe("COMPLETED");
    expect((await client.run(killed)).output).toBe(1);
    expect(await client.ended(neighbour)).toBe("COMPLETED");
  }, 120_000);
});
