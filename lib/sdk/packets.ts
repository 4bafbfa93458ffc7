import { z } from "zod";
import type { PacketData } from "@/lib/contracts/ipc";
import { decodePacket } from "@/lib/values/packet";
import { ApiError, AuthenticationError, PermissionDeniedError, readErrorBody } from "@/lib/client/api-error";
import { apiClient } from "./api";
import type { TriggerApiRequestOptions } from "./types";

/** The value of a packet, fetched from the packet store when it lives there. */
export async function readPacket(packet: PacketData): Promise<unknown> {
  return decodePacket(packet.dataType === "application/store" && packet.data !== null ? await fetchStored(packet.data) : packet);
}

/** Larger ones go to the packet store on their own, so that requests stay small. */
const offloadBytes = 128 * 1024;

/** The packet as a request over HTTP names it: a large one is uploaded first. Who may not upload sends it as it is. */
export async function offloadPacket(packet: PacketData, { clientConfig, ...options }: TriggerApiRequestOptions = {}): Promise<PacketData> {
  if (packet.data === null || Buffer.byteLength(packet.data) < offloadBytes) return packet;
  const name = `trigger/payload.${packet.dataType === "text/plain" ? "txt" : "json"}`;
  try {
    const { presignedUrl, storagePath } = await apiClient(clientConfig).request(
      z.object({ presignedUrl: z.string(), storagePath: z.string() }),
      `/api/v2/packets/${encodeURIComponent(name)}`,
      { method: "PUT", options },
    );
    const response = await fetch(presignedUrl, { method: "PUT", headers: { "content-type": packet.dataType }, body: packet.data });
    if (!response.ok) {
      const { message, body } = readErrorBody(response.status, await response.text());
      throw ApiError.generate(response.status, body, message);
    }
    return { data: storagePath, dataType: "application/store" };
  } catch (error) {
    if (error instanceof PermissionDeniedError || error instanceof AuthenticationError) return packet;
    throw error;
  }
}

/** Content of the packet store under a key. */
const fetchStored = (key: string) => fetchAt(`/api/v1/packets/${encodeURIComponent(key)}`);

/** The stored payload or output of a run, with what reads the run. */
export const fetchOfRun = ({ runId, field }: { runId: string; field: "payload" | "output" }) =>
  fetchAt(`/api/v1/runs/${encodeURIComponent(runId)}/packets/${field}`);

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
