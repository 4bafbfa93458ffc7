import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestDatabase } from "@/test/database";
import { clientOf } from "./client";
import { createProject, startServer } from "./server-process";

test("with DATABASE_URL the same program runs on a PostgreSQL that it does not own, and finds everything again after a SIGKILL", async () => {
  const database = await createTestDatabase();
  const project = createProject();
  const env = { DATABASE_URL: database.url };
  const first = await startServer(project, env);
  expect(existsSync(join(project.data, "postgres"))).toBe(false);
  const client = clientOf(first.origin, first.secretKey ?? "");
  const ended = await client.trigger("slow", { ms: 1 });
  expect(await client.ended(ended)).toBe("COMPLETED");
  const running = await client.trigger("slow", { ms: 500 });
  await expect.poll(async () => (await client.run(running)).status).toBe("EXECUTING");
  first.kill("SIGKILL");
  await first.ended;

  const second = await startServer(project, env);
  const again = clientOf(second.origin, first.secretKey ?? "");
  expect((await again.run(ended)).status).toBe("COMPLETED");
  expect(await again.ended(running)).toBe("COMPLETED");
  second.kill("SIGTERM");
  expect(await second.ended).toEqual({ code: 0, signal: null });
  project.remove();
  await database.drop();
}, 60_000);
