import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { cpuMs, processTree, pssMib } from "./processes";

test("a tree holds the children, and counts their time and memory", async () => {
  const script = "const b = Buffer.alloc(64 * 2 ** 20, 1); const until = Date.now() + 300; while (Date.now() < until); console.log(b.length); setInterval(() => {}, 1000)";
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const pid = child.pid ?? 0;
  expect(processTree(process.pid)).toContain(pid);
  expect(processTree(pid)).toEqual([pid]);
  expect(cpuMs([pid])).toBeGreaterThan(150);
  expect(pssMib([pid])).toBeGreaterThan(60);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(cpuMs([pid])).toBe(0);
  expect(pssMib([pid])).toBe(0);
});
