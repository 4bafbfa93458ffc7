import { z } from "zod";
import type { PacketData } from "@/lib/contracts/ipc";
import { decodePacket } from "@/lib/values/packet";
import { apiClient } from "./api";

/** The value of a packet, fetched from the packet store when it lives there. */
export async function readPacket(packet: PacketData): Promise<unknown> {
  return decodePacket(packet.dataType === "application/store" && packet.data !== null ? await fetchStored(packet.data) : packet);
}

/** Content of the packet store under a key. */
const fetchStored = (key: string) => fetchAt(`/api/v1/packets/${encodeURIComponent(key)}`);

/** The stored payload or output of a run, with what reads the run. */
export const fetchOfRun = ({ runId, field }: { runId: string; field: "payload" | "output" }) => fetchAt(`/api/v1/runs/${encodeURIComponent(runId)}/packets/${field}`);

async function fetchAt(path: string): Promise<{ data: string; dataType: string }> {
  const { presignedUrl } = await apiClient().request(z.object({ presignedUrl: z.string() }), path);
  return fetchPresigned(presignedUrl);
}

async function fetchPresigned(url: string): Promise<{ data: string; dataType: string }> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`Stored data could not be read: ${response.status} from ${new URL(url).pathname}`);
  // Its content type says how it is decoded.
  return { data: await response.text(), dataType: response.headers.get("content-type")?.split(";")[0] ?? "application/json" };
}

/** A value behind a presigned address. */
export const readPresigned = async (url: string): Promise<unknown> => decodePacket(await fetchPresigned(url));
