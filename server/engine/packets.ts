import { randomBytes } from "node:crypto";
import { limits, type Packet } from "@/lib/contracts/run";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { encodePacket } from "@/lib/values/packet";
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

/** The row's content is in the packet store, under the key that it has instead. */
export const storedType = "application/store";

/**
 * The packet as the row keeps it: one of more than 512 KB moves to the packet store, under a key below `owner` that nobody can guess
 * and nobody else writes. A key that comes from outside is refused: it would make another's packet this one's.
 */
export async function offloadPacket(packets: PacketStore, packet: Packet, owner: string): Promise<Packet> {
  if (packet.dataType === storedType) throw new EngineError(422, "The content is to be given itself, not the key of a stored packet; upload it first, and trigger with the storage path that the upload was given.");
  if (packet.data === null || Buffer.byteLength(packet.data) <= limits.inlinePacketBytes) return packet;
  const key = `${owner}/${randomBytes(16).toString("hex")}`;
  await packets.put(key, packet.data, packet.dataType);
  return { data: key, dataType: storedType };
}

/** Takes back what `offloadPacket` stored for a row that was not written. */
export async function discardPacket(packets: PacketStore, packet: Packet | undefined): Promise<void> {
  if (packet?.dataType === storedType && packet.data !== null) await packets.remove(packet.data);
}

/** A payload of an API body as a packet: text when the client has encoded it, JSON else. */
export function packetOf(item: { payload?: unknown; options?: TriggerOptions | undefined }): Packet {
  const dataType = item.options?.payloadType;
  if (item.payload === undefined) return { data: null, dataType: dataType ?? "application/json" };
  if (typeof item.payload === "string" && dataType !== undefined) return { data: item.payload, dataType };
  return typeof item.payload === "string" ? encodePacket(item.payload) : { data: JSON.stringify(item.payload), dataType: "application/json" };
}
