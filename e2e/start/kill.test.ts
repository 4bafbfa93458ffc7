import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOf } from "./client";
import { createProject, startAndKill, startServer, type Project, type ServerProcess } from "./server-process";

/** `npm run test:kill` makes it 20. */
const rounds = Number(process.env.KILL_ROUNDS ?? 3);
const callers = 8;

let project: Project;
let server: ServerProcess;
let key: string;
beforeAll(async () => {
  project = createProject();
  server = await startServer(project);
  key = server.secretKey ?? "";
}, 120_000);
afterAll(async () => {
  server.kill("SIGKILL");
  await server.ended;
  project.remove();
});

test(
  `SIGKILL at any moment of a first start, ${rounds} times: the next start comes up and shows the key`,
  async () => {
    for (let round = 0; round < rounds; round++) {
      const fresh = createProject();
      const said = await startAndKill(fresh, { ms: ((round + Math.random()) / rounds) * 2_500 });
      const second = await startServer(fresh);
      expect(second.secretKey !== undefined).toBe(!said.includes("secretKey"));
      second.kill("SIGTERM");
      expect((await second.ended).code).toBe(0);
      fresh.remove();
    }
  },
  rounds * 60_000,
);

test(
  `SIGKILL under load, ${rounds} times: each start comes up unattended with every acknowledged run, and each run ends`,
  async () => {
    const journal = join(project.directory, "journal.jsonl");
    const acknowledged = new Map<number, string>();
    const unknown = new Set<number>();
    let next = 0;
    let landed = 0;

    for (let round = 0; round < rounds; round++) {
      const client = clientOf(server.origin, key);
      const before = acknowledged.size;
      let killed = false;
      const load = Array.from({ length: callers }, async () => {
        while (!killed) {
          const n = next++;
          try {
            acknowledged.set(n, await client.trigger("note", { journal, n }, `note-${n}`));
          } catch {
            unknown.add(n); // the reply was lost with the server: applied once or not at all
          }
        }
      });
      await expect.poll(() => acknowledged.size, { timeout: 30_000, interval: 5 }).toBeGreaterThan(before + callers);
      await new Promise((done) => setTimeout(done, Math.random() * 700));
      server.kill("SIGKILL");
      killed = true;
      expect(await server.ended).toEqual({ code: null, signal: "SIGKILL" });
      landed += 1;
      await Promise.all(load);
      server = await startServer(project);
      expect(server.secretKey).toBeUndefined();
    }

    const client = clientOf(server.origin, key);
    for (const [n, id] of acknowledged) {
      expect(await client.ended(id), `run ${id}`).toBe("COMPLETED");
      expect((await client.run(id)).output).toEqual({ n });
    }
    // Asked again under the same key, a lost reply gives the one run that there is.
    for (const n of unknown) {
      const id = await client.trigger("note", { journal, n }, `note-${n}`);
      expect(await client.trigger("note", { journal, n }, `note-${n}`)).toBe(id);
      expect(await client.ended(id)).toBe("COMPLETED");
    }
    const runsOf = new Map<number, Set<string>>();
    for (const line of readFileSync(journal, "utf8").trim().split("\n")) {
      const { run, n } = JSON.parse(line) as { run: string; n: number }; // written by the task above
      runsOf.set(n, (runsOf.get(n) ?? new Set()).add(run));
    }
    for (let n = 0; n < next; n++) expect([...(runsOf.get(n) ?? [])], `runs that did the work of ${n}`).toHaveLength(1);
    expect(landed).toBe(rounds);
    process.stdout.write(
      `kill test: ${next} triggers, ${landed} kills, ${acknowledged.size} acknowledged, ${unknown.size} unknown, lost 0\n`,
    );
  },
  rounds * 60_000,
);
