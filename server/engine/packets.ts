import { randomBytes } from "node:crypto";
import { limits, type Packet } from "@/lib/contracts/run";
import { deeperThan } from "@/lib/values/json-depth";
import { decodePacket } from "@/lib/values/packet";
import { Unavailable } from "../db/errors";
import type { PacketStore } from "../db/packets";
import { EngineError } from "./error";

/** What was stored under the key is gone. */
export class PacketMissing extends Error {
  override readonly name = "PacketMissing";
}

/** The packet with its content: one that is kept in the packet store is read from there. */
export async function resolvePacket(packets: PacketStore, packet: Packet): Promise<Packet> {
  if (packet.dataType !== storedType || packet.data === null) return packet;
  const stored = await packets.get(packet.data);
  if (stored === null) throw new PacketMissing(`packet ${packet.data} is not in the packet store`);
  return stored;
}

/** The same for a run that is to start: while the store cannot be asked it waits. Null: till it was over. */
export async function awaitPacket(packets: PacketStore, packet: Packet, isOver: () => boolean): Promise<Packet | null> {
  for (let pauseMs = 500; ; pauseMs = Math.min(10_000, pauseMs * 2)) {
    try {
      return await resolvePacket(packets, packet);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      if (isOver()) return null;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** The row's content is in the packet store, under the key that it has instead. */
export const storedType = "application/store";

/** It stays on its row as it is. A text that short cannot have more bytes. */
export const fitsInline = ({ data, dataType }: Packet): boolean =>
  dataType !== storedType &&
  (data === null || data.length * 3 <= limits.inlinePacketBytes || Buffer.byteLength(data) <= limits.inlinePacketBytes);

/**
 * The packet as the row keeps it: one of more than 512 KB moves to the packet store, under a key below `owner` that nobody can guess
 * and nobody else writes. A key that comes from outside is refused: it would make another's packet this one's.
 */
export async function offloadPacket(packets: PacketStore, packet: Packet, owner: string): Promise<Packet> {
  if (packet.dataType === storedType)
    throw new EngineError(
      422,
      "The content is to be given itself, not the key of a stored packet; upload it first, and trigger with the storage path that the upload was given.",
    );
  if (packet.data === null || fitsInline(packet)) return packet;
  const key = `${owner}/${randomBytes(16).toString("hex")}`;
  await packets.put(key, packet.data, packet.dataType);
  return { data: key, dataType: storedType };
}

/** Takes back what `offloadPacket` stored for a row that was not written. */
export async function discardPacket(packets: PacketStore, packet: Packet | undefined): Promise<void> {
  if (packet?.dataType === storedType && packet.data !== null) await packets.remove(packet.data);
}

/**
 * The packet that a request's `payload` and `payloadType` mean (wire.md 0.7). The text of superjson arrives as a string;
 * a client that sends the object itself means the same.
 */
export function payloadPacket(payload: unknown, payloadType: string | undefined): Packet {
  const dataType = payloadType ?? "application/json";
  if (payload === undefined && dataType !== "application/store") return { data: null, dataType };
  switch (dataType) {
    case "application/json":
      return { data: JSON.stringify(payload), dataType };
    case "application/super+json":
      return { data: superjsonText(payload), dataType };
    case "text/plain":
      if (typeof payload !== "string")
        throw new EngineError(400, "A payload of type text/plain must be a string.", issue("must be a string"));
      return { data: payload, dataType };
    case "application/store":
      if (typeof payload !== "string" || !isPacketKey(payload))
        throw new EngineError(
          400,
          "A payload of type application/store must be the storage path of an uploaded packet.",
          issue("must be a storage path"),
        );
      return { data: payload, dataType };
    default:
      throw new EngineError(
        400,
        `options.payloadType must be application/json, application/super+json, text/plain or application/store, not "${dataType.slice(0, 80)}".`,
        {
          issues: [{ path: "options.payloadType", message: "unknown payload type" }],
        },
      );
  }
}

const issue = (message: string) => ({ issues: [{ path: "payload", message }] });

function superjsonText(payload: unknown): string {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  if (deeperThan(text, limits.depth))
    throw new EngineError(400, `The payload is nested more than ${limits.depth} levels deep.`, issue("nested too deeply"));
  try {
    decodePacket({ data: text, dataType: "application/super+json" });
  } catch (error) {
    const reason = error instanceof TypeError ? ` ${error.message}.` : "";
    throw new EngineError(
      400,
      `A payload of type application/super+json must be the JSON text of {json, meta}.${reason}`,
      issue("must be superjson text"),
    );
  }
  return text;
}

/** Names that clients and workers give packets. The store hashes them, so this only keeps them printable and short. */
export function isPacketKey(key: string): boolean {
  return key.length <= 512 && /^[\w.-]+(\/[\w.-]+)*$/.test(key) && !key.split("/").some((part) => part === "." || part === "..");
}
