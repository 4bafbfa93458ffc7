import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { decodePacket } from "@/lib/packet";
import { HttpPool } from "../http";
import { processTree } from "../processes";
import { now, type Subject } from "../subject";
import type { ProductServer } from "./server";

export const productName = "signalbox";

const Handle = z.object({ id: z.string() });
const Queue = z.object({ queued: z.number(), running: z.number() });
const Result = z.discriminatedUnion("ok", [z.object({ ok: z.literal(true), output: z.string(), outputType: z.string() }), z.object({ ok: z.literal(false), error: z.unknown() })]);
const Started = z.object({ startedAt: z.number() });

/** The product over its public HTTP API with a secret key, as any backend would use it. */
export function productSubject(server: ProductServer): Subject & { runOnce(): Promise<string> } {
  const http = new HttpPool(
    { host: "127.0.0.1", port: server.port },
    { authorization: `Bearer ${server.secretKey}`, "content-type": "application/json", "x-trigger-api-version": "2025-07-16" },
  );
  const triggerNoop = async () => Handle.parse(await http.json({ method: "POST", path: "/api/v1/tasks/noop/trigger", body: '{"payload":{"n":1},"options":{}}' })).id;

  /** The answer comes when the run is finished; until `wait` is over the server holds the request. */
  async function resultOf(id: string): Promise<number> {
    for (const until = performance.now() + 30_000; performance.now() < until; ) {
      const answer = await http.send({ method: "GET", path: `/api/v1/runs/${id}/result?wait=20` });
      if (answer.status === 200) {
        const result = Result.parse(JSON.parse(answer.body));
        if (!result.ok) throw new Error(`run ${id} failed: ${JSON.stringify(result.error)}`);
        return Started.parse(decodePacket({ data: result.output, dataType: result.outputType })).startedAt;
      }
      if (answer.status === 404) await delay(1);
      else throw new Error(`result of ${id}: ${answer.status} ${answer.body.slice(0, 300)}`);
    }
    throw new Error(`run ${id} had no result within 30 s`);
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
      await resultOf(id);
      return id;
    },
    callIdle: async () => {
      const before = now();
      const startedAt = await resultOf(await triggerNoop());
      return { startMs: startedAt - before, resultMs: now() - before };
    },
    call: async () => void (await resultOf(await triggerNoop())),
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
