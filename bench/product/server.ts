import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface ProductServer {
  pid: number;
  port: number;
  secretKey: string;
  /** Of the one-time link that the first boot prints; undefined later. */
  setupCode(): string | undefined;
  /** From the command to the first answer of `/readyz`. */
  readyMs: number;
  /** Drains and ends it. */
  stop(): Promise<void>;
}

/** Root of the repository, seen from the compiled harness. */
export const root = join(import.meta.dirname, "..", "..");

const bootLimitMs = 180_000;

/** The product as `npm start` starts it, with the project of this folder. The same `dataDir` and key again is a later start. */
export async function startProduct(dataDir: string, secretKey = `tr_prod_${randomBytes(16).toString("hex")}`): Promise<ProductServer> {
  const port = await freePort();
  const from = performance.now();
  const variables = { PORT: String(port), HOST: "127.0.0.1", SIGNALBOX_PROJECT: join(root, "bench", "project"), SIGNALBOX_DATA: dataDir, TRIGGER_SECRET_KEY: secretKey };
  const child = spawn(process.execPath, ["--max-semi-space-size=32", join(root, "scripts", "signalbox.mjs"), "start"], {
    cwd: root,
    env: { ...process.env, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (data: Buffer) => (output = (output + data.toString()).slice(-20_000));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = once(child, "exit");
  const { pid } = child;
  if (pid === undefined) throw new Error("the product could not be started");

  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 60_000);
    await ended;
    clearTimeout(late);
  };
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`the product ended with code ${child.exitCode}:\n${output.slice(-2_000)}`);
    if (performance.now() - from > bootLimitMs) {
      await stop();
      throw new Error(`the product was not ready within ${bootLimitMs / 1_000} s:\n${output.slice(-2_000)}`);
    }
    await delay(20);
  }
  const readyMs = performance.now() - from;
  return { pid, port, secretKey, setupCode: () => /#code=([\w-]+)/.exec(output)?.[1], readyMs, stop };
}

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    (response) => response.ok,
    () => false,
  );

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no free TCP port on 127.0.0.1");
  return address.port;
}
