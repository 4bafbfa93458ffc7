import type { Packet } from "@/lib/contracts/run";

/** A wait token's answer, plain JSON, becomes a packet by the same rules as the clients' own. */
export function answerPacket(data: unknown): Packet {
  if (data === undefined) return { data: null, dataType: "application/json" };
  if (typeof data === "string") return { data, dataType: "text/plain" };
  return { data: JSON.stringify(data), dataType: "application/json" };
}
