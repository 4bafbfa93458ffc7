import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** Files that arrive in parts, by the id of what they belong to. */
export interface BundleUploads {
  /** Bytes that have arrived. */
  size(id: string): Promise<number>;
  /** Writes what comes at the end of what is there, and keeps what it has when the sender breaks off. Answers the bytes that are there then. */
  append(id: string, parts: AsyncIterable<Uint8Array>): Promise<number>;
  sha256(id: string): Promise<string>;
  path(id: string): string;
  remove(id: string): Promise<void>;
  /** Those that are there. */
  list(): Promise<string[]>;
}

export function openBundleUploads(folder: string): BundleUploads {
  const path = (id: string) => join(folder, id);
  const size = (id: string) =>
    stat(path(id)).then(
      (info) => info.size,
      () => 0,
    );
  return {
    path,
    size,
    async append(id, parts) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = await open(path(id), "a", 0o600);
      try {
        for await (const part of parts) await file.write(part);
      } finally {
        await file.close();
      }
      return size(id);
    },
    async sha256(id) {
      const sum = createHash("sha256");
      await pipeline(createReadStream(path(id)), sum);
      return sum.digest("hex");
    },
    remove: (id) => rm(path(id), { force: true }),
    list: () => readdir(folder).catch(() => []),
  };
}
