import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { listenLocally } from "../load/listen";

export interface ProductServer {
  pid: number;
  port: number;
  origin: { host: string; port: number };
  url: string;
  /** Of its code. */
  version: string;
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

/** A stale build is made at the start, and a busy machine takes its time. */
const bootLimitMs = 600_000;

interface Start {
  dataDir: string;
  /** Root of the code that is started: this repository, or an older one that is built. */
  checkout?: string;
  /** The same `dataDir` and key again is a later start. */
  secretKey?: string;
}

const newKey = () => `tr_prod_${randomBytes(16).toString("hex")}`;

/** The product as `npm start` starts it, with the project of this folder whichever checkout it is: the tasks are the same. */
export async function startProduct({ dataDir, checkout = root, secretKey = newKey() }: Start): Promise<ProductServer> {
  const port = await freePort();
  const from = performance.now();
  const variables = {
    PORT: String(port),
    HOST: "127.0.0.1",
    SIGNALBOX_PROJECT: join(root, "bench", "project"),
    SIGNALBOX_DATA: dataDir,
    TRIGGER_SECRET_KEY: secretKey,
  };
  const child = spawn(process.execPath, ["--max-semi-space-size=32", join(checkout, "scripts", "signalbox.mjs"), "start"], {
    cwd: checkout,
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
  const origin = { host: "127.0.0.1", port };
  const url = `http://127.0.0.1:${port}`;
  const setupCode = () => /#code=([\w-]+)/.exec(output)?.[1];
  return { pid, port, origin, url, version: versionOf(checkout), secretKey, setupCode, readyMs, stop };
}

/** An older build that is measured beside this one. */
export function findCheckout(folder: string): string {
  const checkout = resolve(folder);
  for (const needed of ["scripts/signalbox.mjs", "dist", ".next", "node_modules"]) {
    if (existsSync(join(checkout, needed))) continue;
    throw new Error(`--base=${folder} holds no ${needed}: name a checkout in which \`npm ci\` and \`npm run build\` have been run`);
  }
  return checkout;
}

function versionOf(checkout: string): string {
  const { status, stdout } = spawnSync("git", ["-C", checkout, "log", "-1", "--format=%h of %cs"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : "no commit known";
}

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    (response) => response.ok,
    () => false,
  );

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenLocally(server);
  server.close();
  return port;
}
