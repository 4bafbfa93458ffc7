import { createHash } from "node:crypto";
import type { RunDetail, RunRow } from "@/lib/contracts/run";
import { EngineError } from "../../engine/error";
import type { ApiRequest } from "../context";
import { serverStops, type Stopping } from "../stopping";
import type { RunDetails } from "./run-details";
import { columnsWithout, schemaOf, toShapeValue } from "./shape-row";
import { waiterLimit, type Changes, type ShapeHub, type Watch } from "./shape-hub";

/** How long a live request is held when nothing changes. */
const holdMs = 20_000;

/** A part of a first answer. */
export interface ShapePage {
  rows: RunRow[];
  /** Where the next part begins, above 0; without it this was the last one. */
  next?: number;
}

/** What a subscription is about. */
export interface Shape extends Watch {
  /** Same text, same shape: two requests with one handle must mean the same. */
  name: string;
  /** A number that the first answer fixes for all later ones, such as a moment; the handle carries it. */
  pin: number;
  /** Runs of the shape as they are now, in parts: a part may repeat runs of the one before. `from`: 0, or the `next` of that one. */
  page(from: number): Promise<ShapePage>;
}

export interface ShapeRequest {
  shape: Shape;
  skipColumns: readonly string[];
  /** Epoch ms at which the credential ends; a held request is answered before. */
  expiresAt: number | undefined;
  /** Asked again after a request was held. */
  stillValid(): Promise<boolean>;
}

interface Offset {
  /** Of the changes that the client knows of. */
  position: number;
  /** Where its first answer goes on; 0: it has all of it. */
  from: number;
}

/** `<position>_<from>`; any other, and any of another process, starts over. */
function readOffset(text: string): Offset | null {
  const [, position, from] = /^(\d{1,15})_(\d{1,15})$/.exec(text) ?? [];
  return position === undefined ? null : { position: Number(position), from: Number(from) };
}

/** Of version 3 of the clients, which name the handle otherwise, and read it and the offset under other names. */
const isOld = (c: ApiRequest): boolean => c.req.header("x-trigger-electric-version") === undefined;
const handleIn = (c: ApiRequest): string | undefined => c.req.query("handle") ?? c.req.query("shape_id");

const handleOf = (hub: ShapeHub, { shape, skipColumns }: ShapeRequest): string =>
  `${hub.memory}.${shape.pin}.${createHash("sha256")
    .update(JSON.stringify([shape.name, skipColumns]))
    .digest("hex")
    .slice(0, 16)}`;

/** The pin of the handle that a request brings; `fresh` when it brings none, or starts over. */
export function pinOf(c: ApiRequest, fresh: number): number {
  const pin = /\.(\d{1,15})\.[0-9a-f]{16}$/.exec(handleIn(c) ?? "")?.[1];
  return pin === undefined || (c.req.query("offset") ?? "-1") === "-1" ? fresh : Number(pin);
}

/**
 * One request of the shape protocol (wire.md 6): whole rows as a log. `offset=-1` gives all, an offset what changed after
 * it, `live=true` waits for that. A handle or offset that means nothing here is answered 409, and the client starts over.
 */
export async function answerShape(
  c: ApiRequest,
  { hub, details, stopping }: { hub: ShapeHub; details: RunDetails; stopping: Stopping },
  request: ShapeRequest,
): Promise<Response> {
  const { shape } = request;
  const handle = handleOf(hub, request);
  const query = c.req.query();
  const text = query["offset"] ?? "-1";
  // Before the read: a change that commits meanwhile comes again, with its offset.
  if (text === "-1") return answerPage({ position: hub.head(), from: 0 });
  const offset = readOffset(text);
  if (offset === null)
    throw new EngineError(400, "The parameter `offset` must be -1 or an offset that a former answer gave.", { param: "offset" });
  const missed = handleIn(c) === handle ? hub.since(offset.position, shape.concerns) : null;
  if (missed === null) return refetch(c, handle);
  if (offset.from > 0) return answerPage(offset);
  let changes: Changes = { rows: missed, position: hub.head() };
  if (query["live"] === "true") {
    if (missed.length === 0) changes = await hold(c, hub, request);
    if (stopping.isStopping()) throw serverStops();
    if (!(await request.stillValid()))
      throw new EngineError(401, "The access token has expired or was revoked while the request was held.");
  }
  const runs = await details.read(changes.rows.map(({ id, version }) => ({ id, version })));
  return answer(c, request, { handle, offset: { position: changes.position, from: 0 }, runs, operation: "update" });

  async function answerPage({ position, from }: Offset): Promise<Response> {
    const { rows, next = 0 } = await shape.page(from);
    return answer(c, request, {
      handle,
      offset: { position, from: next },
      runs: await details.readMany(rows.map(({ id }) => id)),
      operation: "insert",
    });
  }
}

function hold(c: ApiRequest, hub: ShapeHub, { shape: { keys, concerns }, expiresAt }: ShapeRequest): Promise<Changes> {
  if (hub.waiting() >= waiterLimit) throw new EngineError(429, "Too many subscriptions are waiting on this server; try again.");
  const ms = Math.min(holdMs, Math.max(0, (expiresAt ?? Number.POSITIVE_INFINITY) - Date.now()));
  return hub.wait({ keys, concerns, ms, signal: c.req.raw.signal });
}

interface ShapeAnswer {
  handle: string;
  offset: Offset;
  runs: readonly RunDetail[];
  operation: "insert" | "update";
}

function answer(c: ApiRequest, { skipColumns }: ShapeRequest, { handle, offset, runs, operation }: ShapeAnswer): Response {
  const shown = columnsWithout(skipColumns);
  const changes = runs.map((run) => ({ key: `"public"."TaskRun"/"${run.id}"`, value: toShapeValue(run, shown), headers: { operation } }));
  nameShape(c, handle, `${offset.position}_${offset.from}`);
  // Read from the first answer only, asked for in every one that is not live.
  c.header("electric-schema", schemaOf(shown));
  c.header("electric-cursor", String(offset.position));
  if (offset.from > 0) return c.json(changes);
  // Without it the client fetches the next chunk ahead of time.
  c.header("electric-up-to-date", "");
  return c.json([...changes, { headers: { control: "up-to-date" } }]);
}

function nameShape(c: ApiRequest, handle: string, offset: string): void {
  c.header("electric-handle", handle);
  c.header("electric-offset", offset);
  if (!isOld(c)) return;
  c.header("electric-shape-id", handle);
  c.header("electric-chunk-last-offset", offset);
}

function refetch(c: ApiRequest, handle: string): Response {
  nameShape(c, handle, "-1");
  return c.json([{ headers: { control: "must-refetch" } }], 409);
}
