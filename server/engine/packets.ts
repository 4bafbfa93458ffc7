import { limits, type Packet } from "@/lib/contracts/run";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { encodePacket } from "@/lib/values/packet";
import type { PacketStore } from "../db/packets";

/** What was stored under the key is gone. */
export class PacketMissing extends Error {
  override readonly name = "PacketMissing";
}

/** The packet with its content: one that is kept in the packet store is read from there. */
export async function resolvePacket(packets: PacketStore, packet: Packet): Promise<Packet> {
  if (packet.dataType !== "application/store" || packet.data === null) return packet;
  const stored = await packets.get(packet.data);
  if (stored === null) throw new PacketMissing(`packet ${packet.data} is not in the packet store`);
  return stored;
}

/** The packet as the row keeps it: one of more than 512 KB moves to the packet store under `key`. */
export async function offloadPacket(packets: PacketStore, packet: Packet, key: string): Promise<Packet> {
  if (packet.data === null || packet.dataType === "application/store" || Buffer.byteLength(packet.data) <= limits.inlinePacketBytes) return packet;
  await packets.put(key, packet.data, packet.dataType);
  return { data: key, dataType: "application/store" };
}

/** A payload of an API body as a packet: text when the client has encoded it, JSON else. */
export function packetOf(item: { payload?: unknown; options?: TriggerOptions | undefined }): Packet {
  const dataType = item.options?.payloadType;
  if (item.payload === undefined) return { data: null, dataType: dataType ?? "application/json" };
  if (typeof item.payload === "string" && dataType !== undefined) return { data: item.payload, dataType };
  return typeof item.payload === "string" ? encodePacket(item.payload) : { data: JSON.stringify(item.payload), dataType: "application/json" };
}
