import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { decodePacket } from "@/lib/values/packet";
import { HttpPool } from "../http";
import { processTree } from "../processes";
import { now, type Subject } from "../subject";
import type { ProductServer } from "./server";

export const productName = "signalbox";

const Handle = z.object({ id: z.string() });
const Queue = z.object({ queued: z.number(), running: z.number() });
const Result = z.discriminatedUnion("ok", [z.object({ ok: z.literal(true), output: z.string(), outputType: z.string() }), z.object({ ok: z.literal(false), error: z.unknown() })]);
const Called = z.object({ id: z.string(), result: Result.optional() });
const Started = z.object({ startedAt: z.number() });

/** The product over its public HTTP API with a secret key, as any backend would use it. */
export function productSubject(server: ProductServer): Subject & { runOnce(): Promise<string> } {
  const http = new HttpPool(
    { host: "127.0.0.1", port: server.port },
    { authorization: `Bearer ${server.secretKey}`, "content-type": "application/json", "x-trigger-api-version": "2025-07-16" },
  );
  const triggerNoop = async () => Handle.parse(await http.json({ method: "POST", path: "/api/v1/tasks/noop/trigger", body: '{"payload":{"n":1},"options":{}}' })).id;

  /** One request: the server answers when the run is finished. */
  async function call(): Promise<number> {
    const { id, result } = Called.parse(await http.json({ method: "POST", path: "/api/v1/tasks/noop/trigger?wait=30", body: '{"payload":{"n":1},"options":{}}' }));
    if (result?.ok !== true) throw new Error(`run ${id}: ${result === undefined ? "no result within 30 s" : JSON.stringify(result.error)}`);
    return Started.parse(decodePacket({ data: result.output, dataType: result.outputType })).startedAt;
  }

  const queue = async () => Queue.parse(await http.json({ method: "GET", path: "/api/v1/queues/noop?type=task" }));
  const setQueue = (action: "pause" | "resume") => http.json({ method: "POST", path: "/api/v1/queues/noop/pause", body: JSON.stringify({ type: "task", action }) });
  const emptied = async () => {
    for (;;) {
      const { queued, running } = await queue();
      if (queued === 0 && running === 0) return;
      await delay(100); // this look costs the server something too
    }
  };

  return {
    name: productName,
    settings: "`signalbox start`, embedded PostgreSQL, defaults; over HTTP/1.1 with keep-alive and a secret key",
    runOnce: async () => {
      const id = await triggerNoop();
      await http.json({ method: "GET", path: `/api/v1/runs/${id}/result?wait=30` });
      return id;
    },
    callIdle: async () => {
      const before = now();
      const startedAt = await call();
      return { startMs: startedAt - before, resultMs: now() - before };
    },
    call: async () => void (await call()),
    accept: async () => void (await triggerNoop()),
    acceptMany: async (count) => {
      const { id } = Handle.parse(await http.json({ method: "POST", path: "/api/v3/batches", body: JSON.stringify({ runCount: count }) }));
      const items = Array.from({ length: count }, (_, index) => `{"index":${index},"task":"noop","payload":{"n":1}}\n`).join("");
      await http.json({ method: "POST", path: `/api/v3/batches/${id}/items`, headers: { "content-type": "application/x-ndjson" }, body: items });
    },
    drain: async () => {
      const from = now();
      await setQueue("resume");
      await emptied(); // until the last result is stored, not only until the last one has begun
      return now() - from;
    },
    prepare: async (mode) => {
      await setQueue("resume");
      await emptied();
      if (mode === "held") await setQueue("pause");
    },
    processes: () => processTree(server.pid),
    close: async () => http.close(),
  };
}
