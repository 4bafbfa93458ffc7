import { fork } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { z } from "zod";
import { protocolVersion } from "@/lib/contracts/protocol";
import type { LineHead, Measured, Scale } from "../rows/row";
import type { ProductServer } from "./server";

export const fanOutLines: LineHead[] = [{ name: "fan-out, messages delivered", unit: "/s", better: "higher" }];

/** What the process with the sockets says: all are subscribed, or how much they have received and in what time. */
const Told = z.discriminatedUnion("type", [
  z.object({ type: z.literal("subscribed") }),
  z.object({ type: z.literal("received"), chunks: z.number(), frames: z.number(), ms: z.number() }),
]);
const seconds = 10;

/** Many sockets follow the stream of one run that writes a chunk of 100 bytes every few milliseconds. */
export async function measureFanOut(server: ProductServer, scale: Scale): Promise<Measured> {
  const sockets = scale(1_000);
  const post = (path: string, body: object) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.secretKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  // Longer than a stalling machine takes to open the sockets: it is cancelled when all has been received.
  const answer = await post("/api/v1/tasks/chatter/trigger", {
    payload: { seconds: seconds + 240, everyMs: 5 },
    options: { maxDuration: 300 },
  });
  const { id } = z.object({ id: z.string() }).parse(await answer.json());
  const child = fork(fileURLToPath(import.meta.url), ["fan-out-client", String(server.port), id, String(sockets)], {
    execArgv: [],
    env: { ...process.env, BENCH_KEY: server.secretKey },
  });
  try {
    return await new Promise<Measured>((done, fail) => {
      child.once("exit", (code) => fail(new Error(`the process with the sockets ended with code ${code}`)));
      child.on("message", (message) => {
        const told = Told.parse(message);
        if (told.type === "received")
          done(
            new Map([
              [
                "fan-out, messages delivered",
                {
                  value: (told.chunks / told.ms) * 1_000,
                  note: `${sockets} sockets, ${Math.round((told.frames / told.ms) * 1_000)} frames/s`,
                },
              ],
            ]),
          );
      });
    });
  } finally {
    child.kill("SIGKILL");
    await post(`/api/v2/runs/${id}/cancel`, {});
  }
}

/** Main of the forked process. */
export async function runFanOutClient([port = "", runId = "", count = "0"]: string[]): Promise<void> {
  let chunks = 0;
  let frames = 0;
  const open = () =>
    new Promise<void>((subscribed, fail) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/realtime?auth=token`, { perMessageDeflate: false });
      const send = (message: object) => socket.send(JSON.stringify(message));
      socket.on("open", () => send({ type: "hello", protocol: protocolVersion, token: process.env.BENCH_KEY }));
      socket.on("message", (data: Buffer) => {
        frames++;
        const text = data.toString("utf8");
        if (text.includes('"type":"failed"')) fail(new Error(text.slice(0, 300)));
        if (text.includes('"type":"welcome"')) send({ type: "subscribe", id: "s", topic: { kind: "stream", runId, key: "words" } });
        else if (text.includes('"type":"snapshot"')) subscribed();
        // Counted, not parsed: the client shares the cores with the server. Each chunk has one index.
        else for (let at = text.indexOf('"index":'); at !== -1; at = text.indexOf('"index":', at + 8)) chunks++;
      });
      socket.on("error", fail);
      socket.on("close", (code, reason) => fail(new Error(`a socket was closed: ${code} ${reason.toString()}`)));
    });
  for (let opened = 0; opened < Number(count); opened += 50)
    await Promise.all(Array.from({ length: Math.min(50, Number(count) - opened) }, open));
  process.send?.({ type: "subscribed" });
  await delay(1_000);
  [chunks, frames] = [0, 0];
  const from = performance.now();
  await delay(seconds * 1_000);
  process.send?.({ type: "received", chunks, frames, ms: performance.now() - from });
}
