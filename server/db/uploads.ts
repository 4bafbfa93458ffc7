import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { openPacketStore, type PacketStore } from "./packets";

/** Payloads that clients send ahead of the trigger that names them, by storage path. Each environment has its own. */
export interface Uploads extends Pick<PacketStore, "put" | "get"> {
  close(): void;
}

/** A trigger copies what it names: an upload is needed only for as long as its client may try again. */
const keptMs = 24 * 3_600_000;
const sweepEveryMs = 3_600_000;

export function openUploads({ folder, environmentId }: { folder: string; environmentId: string }): Uploads {
  const store = openPacketStore(folder);
  const keyOf = (path: string) => `${environmentId}/${path}`;
  // What fails is tried again in an hour.
  const sweeper = setInterval(() => void removeUploads(folder, Date.now() - keptMs).catch(() => {}), sweepEveryMs);
  sweeper.unref();
  return {
    put: (path, data, dataType) => store.put(keyOf(path), data, dataType),
    get: (path) => store.get(keyOf(path)),
    close: () => clearInterval(sweeper),
  };
}

/** Removes what was written before, epoch ms; halves of uploads that were cut off too. */
export async function removeUploads(folder: string, before: number): Promise<void> {
  const shards = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const shard of shards.filter((entry) => entry.isDirectory())) {
    for (const name of await readdir(join(folder, shard.name))) {
      const path = join(folder, shard.name, name);
      if ((await stat(path)).mtimeMs < before) await rm(path, { force: true });
    }
  }
}
