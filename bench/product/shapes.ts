import { fork } from "node:child_process";
import { Agent, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { z } from "zod";
import { protocolVersion } from "@/lib/contracts/protocol";
import { percentile } from "../stats";
import type { LineHead, Measured, Scale } from "../rows/row";
import type { ProductServer } from "./server";

const ways = ["polls", "sockets"] as const;
type Way = (typeof ways)[number];
const counts = [1_000, 5_000];
const changes = 200;

const lineOf = (way: Way, count: number) => ({
  p50: `${count.toLocaleString("en-US")} subscriptions over ${way}, change → client, p50`,
  p99: `${count.toLocaleString("en-US")} subscriptions over ${way}, change → client, p99`,
});

export const shapeLines: LineHead[] = counts.flatMap((count) =>
  ways.flatMap((way) => {
    const { p50, p99 } = lineOf(way, count);
    return [{ name: p50, unit: "ms", better: "lower" } as const, { name: p99, unit: "ms", better: "lower" } as const];
  }),
);

/** What the process with the subscriptions says: all of them wait, or how long changes took. */
const Told = z.discriminatedUnion("type", [
  z.object({ type: z.literal("subscribed") }),
  z.object({ type: z.literal("told"), ms: z.array(z.number()) }),
]);

/** Each subscription follows a run of its own; one run after the other changes. From the request that changes it to the row at the client. */
export async function measureShapes(server: ProductServer, scale: Scale): Promise<Measured> {
  const runs = await makeRuns(server, scale(Math.max(...counts)));
  const figures: Measured = new Map();
  for (const count of counts) {
    for (const way of ways) {
      const lines = lineOf(way, count);
      const ms = await measureWay(server, way, runs.slice(0, scale(count)));
      figures.set(lines.p50, { value: percentile(ms, 0.5), note: `${ms.length} changes` });
      figures.set(lines.p99, { value: percentile(ms, 0.99) });
    }
  }
  return figures;
}

/** Delayed ones: they stay as they are till they are changed. */
async function makeRuns({ url, secretKey }: ProductServer, count: number): Promise<string[]> {
  const ids: string[] = [];
  const ask = async (method: string, path: string, body?: string, type = "application/json") => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${secretKey}`, "content-type": type },
      ...(body !== undefined && { body }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  while (ids.length < count) {
    const size = Math.min(1_000, count - ids.length);
    const { id } = z.object({ id: z.string() }).parse(await ask("POST", "/api/v3/batches", JSON.stringify({ runCount: size })));
    const lines = Array.from(
      { length: size },
      (_, index) => `${JSON.stringify({ index, task: "chatter", payload: { seconds: 1, everyMs: 100 }, options: { delay: "1h" } })}\n`,
    );
    await ask("POST", `/api/v3/batches/${id}/items`, lines.join(""), "application/x-ndjson");
    ids.push(...z.object({ runs: z.array(z.string()) }).parse(await ask("GET", `/api/v2/batches/${id}`)).runs);
  }
  return ids;
}

async function measureWay(server: ProductServer, way: Way, runs: readonly string[]): Promise<number[]> {
  const child = fork(fileURLToPath(import.meta.url), ["shapes-client", way, server.url], {
    execArgv: [],
    env: { ...process.env, BENCH_KEY: server.secretKey },
  });
  try {
    return await new Promise<number[]>((done, fail) => {
      child.once("exit", (code) => fail(new Error(`the process with the subscriptions ended with code ${code}`)));
      child.on("message", (message) => {
        const told = Told.parse(message);
        if (told.type === "told") return done(told.ms);
        return void child.send({ type: "go" });
      });
      child.send({ runs });
    });
  } finally {
    child.kill("SIGKILL");
    await delay(1_000);
  }
}

/** Main of the forked process. */
export async function runShapesClient([way = "", url = ""]: string[]): Promise<void> {
  const key = process.env.BENCH_KEY ?? "";
  const runs = await new Promise<string[]>((resolve) =>
    process.once("message", (message) => resolve(z.object({ runs: z.array(z.string()) }).parse(message).runs)),
  );
  const arrived = new Map<string, () => void>();
  const subscribe = way === "polls" ? pollsOf(url, key, arrived) : socketsOf(url, key, arrived);
  for (let at = 0; at < runs.length; at += 50) await Promise.all(runs.slice(at, at + 50).map(subscribe));
  await delay(3_000);
  process.send?.({ type: "subscribed" });
  await new Promise((resolve) => process.once("message", resolve));
  const ms: number[] = [];
  for (let n = 0; n < changes; n++) {
    const run = runs[Math.floor((n * runs.length) / changes)] ?? "";
    const seen = new Promise<void>((resolve) => arrived.set(run, resolve));
    const from = performance.now();
    const answer = await fetch(`${url}/api/v1/runs/${run}/metadata`, {
      method: "PUT",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ metadata: { n } }),
    });
    if (!answer.ok) throw new Error(`a change was answered ${answer.status}`);
    await seen;
    ms.push(performance.now() - from);
    arrived.delete(run);
  }
  process.send?.({ type: "told", ms });
}

type Subscribe = (run: string) => Promise<void>;

/** As the published client polls; each keeps a connection of its own. */
function pollsOf(url: string, key: string, arrived: ReadonlyMap<string, () => void>): Subscribe {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const poll = (run: string, query: string) =>
    new Promise<{ next: string; hasRow: boolean }>((done, fail) => {
      const request = get(
        `${url}/realtime/v1/runs/${run}?log=full&${query}`,
        { agent, headers: { authorization: `Bearer ${key}`, "x-trigger-electric-version": "1.0.0-beta.1" } },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (part: string) => (text += part));
          answer.on("end", () => {
            if (answer.statusCode !== 200) return fail(new Error(`a poll was answered ${answer.statusCode}: ${text.slice(0, 200)}`));
            const header = (name: string) => encodeURIComponent(String(answer.headers[name]));
            return done({
              next: `live=true&handle=${header("electric-handle")}&offset=${header("electric-offset")}&cursor=${header("electric-cursor")}`,
              hasRow: text.includes('"key"'),
            });
          });
        },
      );
      request.on("error", fail);
    });
  return async (run) => {
    let { next } = await poll(run, "offset=-1");
    const goOn = async () => {
      for (;;) {
        const answer = await poll(run, next);
        next = answer.next;
        if (answer.hasRow) arrived.get(run)?.();
      }
    };
    void goOn();
  };
}

/** As our hooks subscribe, each over a socket of its own: the dearest case. */
function socketsOf(url: string, key: string, arrived: ReadonlyMap<string, () => void>): Subscribe {
  return (run) =>
    new Promise((subscribed, fail) => {
      const socket = new WebSocket(`${url.replace(/^http/, "ws")}/realtime?auth=token`, { perMessageDeflate: false });
      const send = (message: object) => socket.send(JSON.stringify(message));
      socket.on("open", () => send({ type: "hello", protocol: protocolVersion, token: key }));
      socket.on("message", (data: Buffer) => {
        const text = data.toString("utf8");
        if (text.includes('"type":"failed"')) fail(new Error(text.slice(0, 300)));
        if (text.includes('"type":"head"')) send({ type: "ping", at: Date.now() });
        if (text.includes('"type":"welcome"')) send({ type: "subscribe", id: "s", topic: { kind: "shape", path: `/runs/${run}` } });
        else if (text.includes('"type":"shape"')) {
          subscribed();
          arrived.get(run)?.();
        }
      });
      socket.on("error", fail);
      socket.on("close", (code, reason) => fail(new Error(`a socket was closed: ${code} ${reason.toString()}`)));
    });
}
