import { Readable } from "node:stream";
import { Hono } from "hono";
import { limits, type RunDetail } from "@/lib/contracts/run";
import { EngineError } from "../../engine/error";
import { isPacketKey } from "../../engine/packets";
import { getRunDetail } from "../../engine/reads/runs";
import { readChunks, declaredLength, tooLarge } from "../body";
import type { ApiContext, ApiEnv, ApiRequest } from "../context";
import { readsRun, runIdOf } from "../find-run";
import { notFound, refuse } from "../problem";
import { requires } from "../requires";

/** What a packet may be; the reader chooses its decoder by this, so it is kept as it was sent. */
const packetTypes = new Set(["application/json", "application/super+json", "text/plain"]);

/** Large payloads go around the API's own bodies: an address is asked for, signed, and the packet is sent to it (wire.md 0.7). */
export function packetRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, issuer, packets } = context;
  const app = new Hono<ApiEnv>();
  const write = requires(context, { allow: "key", action: "write" });

  app.put("/api/v2/packets/:key{.+}", write, (c) => {
    const key = uploadKey(c);
    return c.json({ presignedUrl: issuer.packetUrl("PUT", key), storagePath: key });
  });
  app.put("/api/v1/packets/:key{.+}", write, (c) => c.json({ presignedUrl: issuer.packetUrl("PUT", uploadKey(c)) }));
  // The key cannot be guessed and is told only to those who may read the run, so any credential of the environment does.
  app.get("/api/v1/packets/:key{.+}", requires(context, { allow: "credential" }), (c) => c.json({ presignedUrl: issuer.packetUrl("GET", keyOf(c)) }));

  // Asked first for what a subscription's row names. In a browser the 404 of a missing route is a network error, after which it asks no more.
  app.get("/api/v1/runs/:runId/packets/:field", requires(context, { allow: "scope", action: "read", wants: readsRun(context) }), async (c) => {
    const run = await getRunDetail(engine.db, engine.env.id, runIdOf(c));
    const key = run === null ? null : storedKey(run, c.req.param("field"));
    if (key === null) throw notFound(`Stored ${c.req.param("field").slice(0, 64)} of run ${runIdOf(c).slice(0, 64)}`);
    return c.json({ presignedUrl: issuer.packetUrl("GET", key) });
  });

  // Clients upload payloads only; outputs come from workers, not over HTTP.
  app.put("/packets/:key{.+}", requires(context, { allow: "proof", cors: "any" }), async (c) => {
    const key = signedKey(c, "PUT");
    const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
    if (!packetTypes.has(type)) return refuse(c, 415, `A packet's content type must be one of ${[...packetTypes].join(", ")}.`);
    const length = declaredLength(c);
    if (length !== null && length > limits.payloadBytes) throw tooLarge(limits.payloadBytes);
    const chunks: Uint8Array[] = [];
    for await (const chunk of readChunks(c, limits.payloadBytes)) chunks.push(chunk);
    await packets.put(key, Buffer.concat(chunks), type);
    return c.body(null, 200);
  });

  app.get("/packets/:key{.+}", requires(context, { allow: "proof", cors: "any" }), async (c) => {
    const packet = await packets.open(signedKey(c, "GET"));
    if (packet === null) throw notFound("Packet");
    c.header("content-type", packetTypes.has(packet.dataType) ? packet.dataType : "application/octet-stream");
    c.header("content-length", String(packet.size));
    c.header("content-disposition", "attachment");
    // Node's and the DOM's stream types differ in name only.
    return c.body(Readable.toWeb(packet.stream) as ReadableStream<Uint8Array>);
  });

  function signedKey(c: ApiRequest, method: "GET" | "PUT"): string {
    const key = keyOf(c);
    if (!issuer.isPacketUrl(method, key, c.req.query("expires") ?? "", c.req.query("sig") ?? "")) throw new EngineError(403, "This address has expired or was changed. Ask for a new one.");
    return key;
  }

  return app;
}

/** Key of a run's payload or output that is kept in the packet store; null: it is kept in the row, or there is none. */
function storedKey(run: RunDetail, field: string): string | null {
  if (field === "payload" && run.payloadType === "application/store") return run.payload;
  if (field === "output" && run.outputType === "application/store" && run.status === "COMPLETED") return run.output;
  return null;
}

function keyOf(c: ApiRequest): string {
  const key = c.req.param("key") ?? "";
  if (!isPacketKey(key)) throw notFound("Packet");
  return key;
}

/** Packets of runs (`run_…/…`) are written by the engine alone. */
function uploadKey(c: ApiRequest): string {
  const key = keyOf(c);
  if (key.startsWith("run_")) throw new EngineError(403, "Packets of runs cannot be replaced.");
  return key;
}
