import { join } from "node:path";
import type { Config } from "./config";
import { openPacketStore, type PacketStore } from "./db/packets";
import { openS3Packets, StorageUnavailable } from "./db/s3-packets";
import { StartError } from "./start-error";

/** The data directory, or the bucket that is configured: one that cannot be written to is known before a run is accepted. */
export async function openPackets({ dataDir, bucket }: Pick<Config, "dataDir" | "bucket">): Promise<PacketStore> {
  const folder = openPacketStore(join(dataDir, "packets"));
  if (bucket === undefined) return folder;
  const packets = openS3Packets(bucket, folder);
  try {
    await packets.check();
  } catch (error) {
    if (error instanceof StorageUnavailable)
      throw new StartError(
        `${error.message} Check SIGNALBOX_S3_BUCKET, _ENDPOINT, _REGION and the keys, which must allow GetObject, PutObject and DeleteObject.`,
      );
    throw error;
  }
  return packets;
}
