import { createHash } from "node:crypto";
import type { RunDetail, RunRow } from "@/lib/contracts/run";
import { EngineError } from "../../engine/error";
import type { ApiRequest } from "../context";
import { serverStops, type Stopping } from "../stopping";
import type { RunDetails } from "./run-details";
import { columnsWithout, schemaOf, toShapeValue } from "./shape-row";
import { waiterLimit, type ShapeHub } from "./shape-hub";

/** How long a live request is held when nothing changes. */
const holdMs = 20_000;

/** What a subscription is about. */
export interface Shape {
  /** Same text, same shape: two requests with one handle must mean the same. */
  name: string;
  /** A number that the first answer fixes for all later ones, such as a moment; the handle carries it. */
  pin: number;
  /** Runs of the shape as they are now. */
  rows(): Promise<RunRow[]>;
  concerns(row: RunRow): boolean;
}

export interface ShapeRequest {
  shape: Shape;
  skipColumns: readonly string[];
  /** Epoch ms at which the credential ends; a held request is answered before. */
  expiresAt: number | undefined;
  /** Asked again after a request was held. */
  stillValid(): Promise<boolean>;
}

/** Offsets are `<position>_0`; any other, and any of another process, starts over. */
function readOffset(text: string): number | null {
  const match = /^(\d{1,15})_0$/.exec(text);
  return match === null ? null : Number(match[1]);
}

const handleOf = (hub: ShapeHub, { shape, skipColumns }: ShapeRequest): string =>
  `${hub.memory}.${shape.pin}.${createHash("sha256").update(JSON.stringify([shape.name, skipColumns])).digest("hex").slice(0, 16)}`;

/** The pin of the handle that a request brings; `fresh` when it brings none, or starts over. */
export function pinOf(c: ApiRequest, fresh: number): number {
  const pin = /\.(\d{1,15})\.[0-9a-f]{16}$/.exec(c.req.query("handle") ?? "")?.[1];
  return pin === undefined || (c.req.query("offset") ?? "-1") === "-1" ? fresh : Number(pin);
}

/**
 * One request of the shape protocol (wire.md 6): whole rows as a log. `offset=-1` gives all, an offset what changed after
 * it, `live=true` waits for that. A handle or offset that means nothing here is answered 409, and the client starts over.
 */
export async function answerShape(c: ApiRequest, { hub, details, stopping }: { hub: ShapeHub; details: RunDetails; stopping: Stopping }, request: ShapeRequest): Promise<Response> {
  const { shape } = request;
  const handle = handleOf(hub, request);
  const query = c.req.query();
  const offset = query["offset"] ?? "-1";
  if (offset === "-1") {
    // Before the read: a change that commits meanwhile comes again, with its offset.
    const position = hub.head();
    const rows = await shape.rows();
    return answer(c, request, { handle, position, runs: await details.read(rows.map(({ id, version }) => ({ id, version }))), operation: "insert" });
  }
  const since = readOffset(offset);
  if (since === null) throw new EngineError(400, "The parameter `offset` must be -1 or an offset that a former answer gave.", { param: "offset" });
  if (query["handle"] !== handle || hub.since(since, shape.concerns) === null) return refetch(c, handle);
  if (query["live"] === "true") {
    await hold(c, hub, { request, since });
    if (stopping.isStopping()) throw serverStops();
    if (!(await request.stillValid())) throw new EngineError(401, "The access token has expired or was revoked while the request was held.");
  }
  const position = hub.head();
  const changed = hub.since(since, shape.concerns);
  if (changed === null) return refetch(c, handle);
  return answer(c, request, { handle, position, runs: await details.read(changed.map(({ id, version }) => ({ id, version }))), operation: "update" });
}

async function hold(c: ApiRequest, hub: ShapeHub, { request, since }: { request: ShapeRequest; since: number }): Promise<void> {
  if ((hub.since(since, request.shape.concerns)?.length ?? 0) > 0) return;
  if (hub.waiting() >= waiterLimit) throw new EngineError(429, "Too many subscriptions are waiting on this server; try again.");
  const ms = Math.min(holdMs, Math.max(0, (request.expiresAt ?? Number.POSITIVE_INFINITY) - Date.now()));
  await hub.wait({ concerns: request.shape.concerns, ms, signal: c.req.raw.signal });
}

function answer(c: ApiRequest, { skipColumns }: ShapeRequest, result: { handle: string; position: number; runs: readonly RunDetail[]; operation: "insert" | "update" }): Response {
  const shown = columnsWithout(skipColumns);
  const changes = result.runs.map((run) => ({ key: `"public"."TaskRun"/"${run.id}"`, value: toShapeValue(run, shown), headers: { operation: result.operation } }));
  c.header("electric-handle", result.handle);
  c.header("electric-offset", `${result.position}_0`);
  // Read from the first answer only, asked for in every one that is not live.
  c.header("electric-schema", schemaOf(shown));
  c.header("electric-cursor", String(result.position));
  // Without it the client fetches the next chunk ahead of time.
  c.header("electric-up-to-date", "");
  return c.json([...changes, { headers: { control: "up-to-date" } }]);
}

function refetch(c: ApiRequest, handle: string): Response {
  c.header("electric-handle", handle);
  c.header("electric-offset", "-1");
  return c.json([{ headers: { control: "must-refetch" } }], 409);
}
