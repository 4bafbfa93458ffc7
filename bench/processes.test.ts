import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { familyCpuMs, isPostgres, processTree, pssMib } from "./processes";

const none = { server: [], database: [], worker: [] };
/** Of CPU time, however busy the machine is. */
const burn = (ms: number) =>
  `for (let used = 0; used < ${ms * 1_000}; ) { const { user, system } = process.cpuUsage(); used = user + system; }`;

async function start(script: string) {
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return { child, pid: child.pid ?? 0 };
}

test("a tree holds the children, and counts their time and memory", async () => {
  const script = `const b = Buffer.alloc(64 * 2 ** 20, 1); ${burn(300)} console.log(b.length); setInterval(() => {}, 1000)`;
  const { child, pid } = await start(script);
  expect(processTree(process.pid)).toContain(pid);
  expect(processTree(pid)).toEqual([pid]);
  expect(isPostgres(pid)).toBe(false);
  expect(familyCpuMs({ ...none, server: [pid] }).server).toBeGreaterThan(250);
  expect(pssMib([pid])).toBeGreaterThan(60);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(familyCpuMs({ ...none, server: [pid] })).toEqual({ server: 0, database: 0, worker: 0 });
  expect(pssMib([pid])).toBe(0);
});

test("the time of a worker that has ended is still the workers', not the server's", async () => {
  const script = `const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(burn(500))}]);
    child.on("exit", () => { console.log("ended"); setInterval(() => {}, 1000); });`;
  const { child, pid } = await start(script);
  const { server, worker } = familyCpuMs({ ...none, server: [pid], worker: [] });
  expect(worker).toBeGreaterThan(server);
  child.kill("SIGKILL");
  await once(child, "exit");
});
