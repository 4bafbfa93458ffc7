import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, mkdir, open, readFile, rm, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";

/** Another packet is stored under the key. */
export class PacketExists extends Error {
  override readonly name = "PacketExists";
}

/** Large payloads and outputs, by key. What `put` has answered is on disk. */
export interface PacketStore {
  /** Each key is written once; the same packet again changes nothing, another one is refused with `PacketExists`. */
  put(key: string, data: string | Buffer, dataType: string): Promise<void>;
  get(key: string): Promise<{ data: string; dataType: string } | null>;
  /** `size` counts the data's bytes. The caller reads the stream or destroys it. */
  open(key: string): Promise<{ stream: Readable; dataType: string; size: number } | null>;
  remove(key: string): Promise<void>;
  /** Where a client may fetch the packet itself for an hour; null: through this server. */
  address(key: string): Promise<string | null>;
}

/**
 * One file per packet: the key and the type in a first line, then the data as it came. Named by the key's hash, for keys
 * come from clients: no name they choose can leave the folder, be too long, or differ from another by case alone.
 */
export function openPacketStore(folder: string): PacketStore {
  const pathOf = (key: string) => {
    const hash = createHash("sha256").update(key).digest("hex");
    return join(folder, hash.slice(0, 2), hash);
  };
  return {
    async put(key, data, dataType) {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const staging = `${path}.${randomBytes(6).toString("hex")}`;
      try {
        const parts = [JSON.stringify({ key, dataType }) + "\n", data];
        await writeSynced(staging, parts);
        // A link, unlike a rename, never takes the place of what is there: of two writers at once one is first.
        if (!(await linked(staging, path)) && !(await holds(path, parts))) throw new PacketExists(`packet ${key} has been written already`);
        await syncFolder(dirname(path));
      } finally {
        await rm(staging, { force: true });
      }
    },
    async get(key) {
      const content = await readFile(pathOf(key), "utf8").catch(nullIfMissing);
      if (content === null) return null;
      const end = content.indexOf("\n");
      return { data: content.slice(end + 1), dataType: readHeader(content.slice(0, end)) };
    },
    async open(key) {
      const path = pathOf(key);
      const file = await open(path).catch(nullIfMissing);
      if (file === null) return null;
      const { line, size } = await firstLine(file);
      const start = Buffer.byteLength(line) + 1;
      return { stream: createReadStream(path, { start }), dataType: readHeader(line), size: size - start };
    },
    async remove(key) {
      await rm(pathOf(key), { force: true });
    },
    address: () => Promise.resolve(null),
  };
}

async function writeSynced(path: string, parts: readonly (string | Buffer)[]): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** False: there is a file of this name. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function holds(path: string, parts: readonly (string | Buffer)[]): Promise<boolean> {
  return (await readFile(path)).equals(Buffer.concat(parts.map((part) => Buffer.from(part))));
}

/** A new name is durable only when its folder is. Windows cannot open folders, and needs not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const longestHeader = 8192;

/** Closes the file. */
async function firstLine(file: FileHandle): Promise<{ line: string; size: number }> {
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, longestHeader));
    await file.read(buffer, 0, buffer.length, 0);
    return { line: buffer.subarray(0, buffer.indexOf(10)).toString(), size };
  } finally {
    await file.close();
  }
}

function readHeader(line: string): string {
  const header: unknown = JSON.parse(line);
  if (typeof header === "object" && header !== null && "dataType" in header && typeof header.dataType === "string") return header.dataType;
  throw new Error("a packet's first line does not name its data type: the file is damaged");
}

function nullIfMissing(error: unknown): null {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
  throw error;
}
