import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes, type KeyObject } from "node:crypto";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { newId } from "@/lib/ids/ids";
import type { Query } from "./database";

/** Encrypts what is stored: AES-256-GCM under the master key of the data directory. A value opens only for the purpose it was sealed for. */
export interface Vault {
  seal(plain: string, purpose: Purpose): Buffer;
  open(sealed: Uint8Array, purpose: Purpose): string;
}
export type Purpose = "api-key" | "signing-keys" | `variable ${string}` | `alert-channel ${string}`;

/** Random keys of this installation, one per purpose: none is derived from an API key, so rotating those ends nothing else. */
export interface Keys {
  vault: Vault;
  /** Signs the path of a wait token's callback URL. */
  callback: KeyObject;
  /** Signs the short-lived tokens with which workers read for their run. */
  runTokens: KeyObject;
  /** Signs public tokens that the server mints. */
  publicTokens: KeyObject;
  /** Secret of the sign-in library. */
  sessions: string;
}

/** The message is one line and says what to do. */
export class KeyError extends Error {
  override name = "KeyError";
}

const formatVersion = 1;
const headerBytes = 1 + 4 + 12 + 16; // version, key id, nonce, tag

export function createVault(masterKey: Buffer): Vault {
  const keyId = createHash("sha256").update("id:").update(masterKey).digest().subarray(0, 4);
  return {
    seal(plain, purpose) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", masterKey, nonce).setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.from([formatVersion]), keyId, nonce, cipher.getAuthTag(), body]);
    },
    open(bytes, purpose) {
      const sealed = Buffer.from(bytes);
      if (sealed.length < headerBytes || sealed[0] !== formatVersion) throw new KeyError("a stored secret has an unknown format");
      if (!sealed.subarray(1, 5).equals(keyId))
        throw new KeyError(
          "the database was sealed with another master key. Put the `master.key` that belongs to it into the data directory.",
        );
      const decipher = createDecipheriv("aes-256-gcm", masterKey, sealed.subarray(5, 17))
        .setAAD(Buffer.from(purpose))
        .setAuthTag(sealed.subarray(17, headerBytes));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(headerBytes)), decipher.final()]).toString("utf8");
      } catch {
        throw new KeyError(`a stored secret (${purpose}) was changed or belongs to another purpose`);
      }
    },
  };
}

/** Reads `<data>/master.key`, or makes it, readable by its owner only. */
export function openVault(dataDir: string): Vault {
  const file = join(dataDir, "master.key");
  if (!existsSync(file)) createKeyFile(file);
  if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0)
    throw new KeyError(`${file} can be read by others. Close it: chmod 600 ${file}`);
  const key = Buffer.from(readFileSync(file, "utf8").trim(), "base64url");
  if (key.length !== 32) throw new KeyError(`${file} holds no master key (32 bytes in base64url). Restore it from your backup.`);
  return createVault(key);
}

/** Whole or not at all, and on disk before anything is sealed with it. */
function createKeyFile(file: string): void {
  const staging = `${file}.${process.pid}`;
  const handle = openSync(staging, "wx", 0o600);
  writeSync(handle, randomBytes(32).toString("base64url") + "\n");
  fsyncSync(handle);
  closeSync(handle);
  try {
    linkSync(staging, file);
  } finally {
    rmSync(staging);
  }
}

const StoredKeys = z.object({ callback: z.string(), runTokens: z.string(), publicTokens: z.string(), sessions: z.string() });

/** The signing keys of this installation; makes them, and its identity, on the first call for a database. */
export async function openKeys(query: Query, vault: Vault): Promise<Keys> {
  const fresh = () => randomBytes(32).toString("base64url");
  const made = JSON.stringify({ callback: fresh(), runTokens: fresh(), publicTokens: fresh(), sessions: fresh() });
  await query("insert into installation (epoch, sealed_keys) values ($1, $2) on conflict (id) do nothing", [
    newId("epoch"),
    vault.seal(made, "signing-keys"),
  ]);
  const [row] = await query<{ sealed_keys: Buffer }>("select sealed_keys from installation");
  if (row === undefined) throw new KeyError("the installation row is gone");
  const keys = StoredKeys.parse(JSON.parse(vault.open(row.sealed_keys, "signing-keys")));
  const keyOf = (text: string) => createSecretKey(Buffer.from(text, "base64url"));
  return {
    vault,
    callback: keyOf(keys.callback),
    runTokens: keyOf(keys.runTokens),
    publicTokens: keyOf(keys.publicTokens),
    sessions: keys.sessions,
  };
}
