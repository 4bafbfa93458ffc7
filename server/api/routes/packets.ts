import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { Hono } from "hono";
import { limits, type RunDetail } from "@/lib/contracts/run";
import type { Resource } from "@/lib/contracts/scope";
import { PacketExists } from "../../db/packets";
import { EngineError } from "../../engine/error";
import { isPacketKey, storedType } from "../../engine/packets";
import { getRunDetail, getRunRows } from "../../engine/reads/runs";
import { getToken } from "../../engine/reads/tokens";
import { readableThrough } from "../authorize";
import { readChunks, declaredLength, parseJson, tooLarge } from "../body";
import type { ApiContext, ApiEnv, ApiRequest } from "../context";
import { readsRun, runIdOf } from "../find-run";
import { notFound, refuse } from "../problem";
import { requires } from "../requires";

/** What a packet may be; the reader chooses its decoder by this, so it is kept as it was sent. */
const packetTypes = new Set(["application/json", "application/super+json", "text/plain"]);

const wants = (): { resources: Resource[] } => ({ resources: [{ type: "packets" }] });

/** Large payloads go around the API's own bodies: an address is asked for, signed, and the packet is sent to it (wire.md 0.7). */
export function packetRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, issuer, packets, uploads } = context;
  const app = new Hono<ApiEnv>();
  const write = requires(context, { allow: "key", action: "write", wants });

  app.put("/api/v2/packets/:key{.+}", write, (c) => {
    // The server chooses: what nobody can guess nobody else names, or writes first.
    const storagePath = `upload/${randomBytes(16).toString("hex")}/${uploadName(c).split("/").at(-1)}`;
    return c.json({ presignedUrl: issuer.packetUrl("PUT", storagePath), storagePath });
  });
  // Older clients name what they upload themselves.
  app.put("/api/v1/packets/:key{.+}", write, (c) => c.json({ presignedUrl: issuer.packetUrl("PUT", uploadName(c)) }));

  const readsOwner = requires(context, {
    allow: "scope",
    action: "read",
    wants: async (c) => {
      const owner = ownerOf(c.req.param("key") ?? "");
      const [run] = owner?.type === "runs" ? await getRunRows(engine.db, engine.env.id, [owner.id]) : [];
      return { resources: run === undefined ? [owner ?? { type: "all" }] : readableThrough(run) };
    },
  });
  app.get("/api/v1/packets/:key{.+}", readsOwner, async (c) => {
    const key = keyOf(c);
    if (!(await isStored(context, key))) throw notFound("Packet");
    return c.json({ presignedUrl: await addressOf(key) });
  });

  // Asked first for what a subscription's row names. In a browser the 404 of a missing route is a network error, after which it asks no more.
  app.get(
    "/api/v1/runs/:runId/packets/:field",
    requires(context, { allow: "scope", action: "read", wants: readsRun(context) }),
    async (c) => {
      const run = await getRunDetail(engine.db, engine.env.id, runIdOf(c));
      const key = run === null ? null : storedKey(run, c.req.param("field"));
      if (key === null) throw notFound(`Stored ${c.req.param("field").slice(0, 64)} of run ${runIdOf(c).slice(0, 64)}`);
      return c.json({ presignedUrl: await addressOf(key) });
    },
  );

  // Clients upload payloads only; outputs come from workers, not over HTTP.
  app.put("/packets/:key{.+}", requires(context, { allow: "proof", cors: "any" }), async (c) => {
    const key = signedKey(c, "PUT");
    if (engine.readOnlyReason !== null) throw new EngineError(503, engine.readOnlyReason);
    const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
    if (!packetTypes.has(type)) return refuse(c, 415, `A packet's content type must be one of ${[...packetTypes].join(", ")}.`);
    const length = declaredLength(c);
    if (length !== null && length > limits.payloadBytes) throw tooLarge(limits.payloadBytes);
    const chunks: Uint8Array[] = [];
    for await (const chunk of readChunks(c, limits.payloadBytes)) chunks.push(chunk);
    const content = Buffer.concat(chunks);
    if (type !== "text/plain") parseJson(content.toString("utf8"));
    await uploads.put(key, content, type).catch(refuseSecond);
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

  const addressOf = async (key: string) => (await packets.address(key)) ?? issuer.packetUrl("GET", key);

  function signedKey(c: ApiRequest, method: "GET" | "PUT"): string {
    const key = keyOf(c);
    if (!issuer.isPacketUrl(method, key, c.req.query("expires") ?? "", c.req.query("sig") ?? ""))
      throw new EngineError(403, "This address has expired or was changed. Ask for a new one.");
    return key;
  }

  return app;
}

/** Key of a run's payload or output that is kept in the packet store; null: it is kept in the row, or there is none. */
function storedKey(run: RunDetail, field: string): string | null {
  if (field === "payload" && run.payloadType === storedType) return run.payload;
  if (field === "output" && run.outputType === storedType && run.status === "COMPLETED") return run.output;
  return null;
}

function keyOf(c: ApiRequest): string {
  const key = c.req.param("key") ?? "";
  if (!isPacketKey(key)) throw notFound("Packet");
  return key;
}

/** What the server itself writes is named after its run or wait token. */
const owners = { run: "runs", waitpoint: "waitpoints" } as const;

/** Whose packet it is: it is read with what reads that. Null: nobody's; the uploads of older versions, which their runs' rows name. */
function ownerOf(key: string): { type: "runs" | "waitpoints"; id: string } | null {
  const [, id, kind] = /^((run|waitpoint)_[0-9a-z]+)\//.exec(key) ?? [];
  if (id === undefined || (kind !== "run" && kind !== "waitpoint")) return null;
  return { type: owners[kind], id };
}

/** Of an owner here: a data directory may hold the packets of several environments. */
async function isStored({ engine }: ApiContext, key: string): Promise<boolean> {
  const owner = ownerOf(key);
  switch (owner?.type) {
    case "runs": {
      const run = await getRunDetail(engine.db, engine.env.id, owner.id);
      return run !== null && (storedKey(run, "payload") === key || storedKey(run, "output") === key);
    }
    case "waitpoints": {
      const token = await getToken(engine.db, engine.env.id, owner.id);
      return token?.outputType === storedType && token.output === key;
    }
    case undefined:
      return true;
  }
}

function uploadName(c: ApiRequest): string {
  const key = keyOf(c);
  if (ownerOf(key) !== null) throw new EngineError(403, "Packets of runs and tokens cannot be replaced.");
  return key;
}

function refuseSecond(error: unknown): never {
  if (error instanceof PacketExists) throw new EngineError(409, "Something else was uploaded to this address already. Ask for a new one.");
  throw error;
}
