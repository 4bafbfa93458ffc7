import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { configure, runs, tasks } from "upstream-sdk";
import { startServer, type ServerProcess } from "../start/server-process";

/** Task files of a project of their own use our SDK; the published client, unchanged, triggers and follows their runs. */
export function projectServer(): {
  server: () => ServerProcess;
  run: (task: string, payload?: unknown) => Promise<Awaited<ReturnType<typeof runs.retrieve>>>;
} {
  const data = mkdtempSync(join(tmpdir(), "signalbox-sdk-"));
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({ directory: join(import.meta.dirname, "fixtures", "project"), data });
    configure({ baseURL: server.origin, accessToken: server.secretKey ?? "" });
  }, 120_000);
  afterAll(async () => {
    server.kill("SIGTERM");
    await server.ended;
    rmSync(data, { recursive: true, force: true });
  });
  return {
    server: () => server,
    async run(task, payload) {
      const { id } = await tasks.trigger(task, payload);
      for await (const seen of runs.subscribeToRun(id)) if (seen.finishedAt !== undefined) break;
      return runs.retrieve(id);
    },
  };
}
