import type { Packet } from "@/lib/contracts/run";
import { isPlain } from "./is-plain";
import { readTyped } from "./read-typed";
import { toTyped } from "./typed";

/**
 * A value as the published clients send it (wire.md 0.7): undefined → nothing, string → text, else superjson. A function or a
 * symbol is no value. Throws a RangeError for what is nested endlessly or too large to be sent.
 */
export function encodePacket(value: unknown): Packet {
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return { data: null, dataType: "application/json" };
  if (typeof value === "string") return { data: value, dataType: "text/plain" };
  if (isPlain(value)) return { data: `{"json":${JSON.stringify(value)}}`, dataType: "application/super+json" };
  const typed = toTyped(value);
  return typed.json === undefined
    ? { data: null, dataType: "application/json" }
    : { data: JSON.stringify(typed), dataType: "application/super+json" };
}

/** The value back, Dates and the like included. `application/store` is a key of the packet store: resolve it first. */
export function decodePacket(packet: Packet): unknown {
  if (packet.data === null) return undefined;
  switch (packet.dataType) {
    case "application/super+json":
      return readTyped(packet.data);
    case "application/json":
      return JSON.parse(packet.data);
    default:
      return packet.data;
  }
}

/** The value as plain JSON, as REST reads return it: superjson's annotations are dropped, dates stay ISO strings. */
export function decodePlain(packet: Packet): unknown {
  if (packet.data === null) return undefined;
  if (packet.dataType !== "application/super+json") return decodePacket(packet);
  const parsed: unknown = JSON.parse(packet.data);
  return typeof parsed === "object" && parsed !== null && "json" in parsed ? parsed.json : parsed;
}
