import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startServer, type ServerProcess } from "./start/server-process";

export const admin = { name: "Ada Admin", email: "ada@example.com", password: "correct horse battery" };
const stateFile = "test-results/admin.json";

/** Once for all browser tests: the real server on the example project with an empty database, and its first admin signed in. */
export default async function setup(): Promise<() => Promise<void>> {
  const root = join(import.meta.dirname, "..");
  const data = mkdtempSync(join(tmpdir(), "signalbox-browser-"));
  const server = await startServer({ directory: root, data });
  mkdirSync(dirname(stateFile), { recursive: true });
  writeFileSync(stateFile, JSON.stringify(await makeFirstAdmin(server)));
  // Read by the tests, which run in processes of their own.
  process.env.E2E_ORIGIN = server.origin;
  process.env.E2E_SECRET_KEY = server.secretKey ?? "";
  process.env.E2E_PID = String(server.pid);
  return async () => {
    server.kill("SIGTERM");
    const { code: exitCode } = await server.ended;
    if (exitCode !== 0) process.stderr.write(`the server ended with ${exitCode}:\n${server.output()}\n`);
    rmSync(data, { recursive: true, force: true });
  };
}

/** By the sign-in link of the first start. Answers the state of a browser in which the admin is signed in. */
export async function makeFirstAdmin({ origin, setupLink }: Pick<ServerProcess, "origin" | "setupLink">) {
  const response = await fetch(`${origin}/api/setup`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ ...admin, code: setupLink?.split("#code=")[1] }),
  });
  if (!response.ok) throw new Error(`making the first admin failed: ${response.status} ${await response.text()}`);
  return { cookies: response.headers.getSetCookie().map((line) => toCookie(line, new URL(origin).hostname)), origins: [] };
}

function toCookie(line: string, domain: string) {
  const [pair = ""] = line.split(";", 1);
  const at = pair.indexOf("=");
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    domain,
    path: "/",
    expires: -1,
    httpOnly: true,
    secure: false,
    sameSite: "Lax" as const,
  };
}

/** Where the server under test is, its process, and a secret key of its environment. */
export function serverUnderTest(): { origin: string; secretKey: string; pid: number } {
  const { E2E_ORIGIN: origin, E2E_SECRET_KEY: secretKey, E2E_PID: pid } = process.env;
  if (origin === undefined || secretKey === undefined || pid === undefined)
    throw new Error("the browser tests were started without their global setup");
  return { origin, secretKey, pid: Number(pid) };
}
