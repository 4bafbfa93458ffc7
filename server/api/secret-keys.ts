import { randomBytes } from "node:crypto";
import type { ApiKeyRow } from "@/lib/contracts/dashboard";
import { newId } from "@/lib/ids";
import type { Keys } from "../db/keys";
import type { ApiKey, PrismaClient } from "../db/generated/client";
import { sha256 } from "./jwt";

const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

function randomLetters(length: number): string {
  let text = "";
  while (text.length < length) {
    // Bytes from 248 on would make the first letters likelier (248 = 4 · 62).
    for (const byte of randomBytes(32)) if (byte < 248 && text.length < length) text += letters[byte % 62];
  }
  return text;
}

/**
 * `root`: the clients sign public tokens with it themselves. `additional` (`tr_prod_sk_…`): the clients know by its form
 * that it cannot sign, and ask the server for public tokens.
 */
export type KeyKind = "root" | "additional";

const slugs: Record<string, string> = { prod: "prod", dev: "dev", stg: "stg", staging: "stg", preview: "preview" };

export function newSecretKey(environmentSlug: string, kind: KeyKind): string {
  const prefix = `tr_${slugs[environmentSlug] ?? "prod"}_`;
  // The clients know an additional key by exactly 24 letters after `sk_`.
  return prefix + (kind === "additional" ? `sk_${randomLetters(24)}` : randomLetters(32));
}

export interface KeyRecord {
  id: string;
  environmentId: string;
  name: string;
  prefix: string;
  last4: string;
  hash: Uint8Array<ArrayBuffer>;
  sealed: Uint8Array<ArrayBuffer>;
  isRoot: boolean;
  createdBy: string | null;
}

/** The row that keeps a key: its hash to find it, the key itself sealed to verify what it has signed. */
export function keyRecord(keys: Pick<Keys, "vault">, input: { key: string; environmentId: string; name: string; createdBy: string | null; isRoot: boolean }): KeyRecord {
  const { key, ...rest } = input;
  return {
    id: newId("key"),
    ...rest,
    prefix: /^tr_[a-z]+_(sk_)?/.exec(key)?.[0] ?? key.slice(0, 4),
    last4: key.slice(-4),
    hash: new Uint8Array(sha256(key)),
    sealed: new Uint8Array(keys.vault.seal(key, "api-key")),
  };
}

export async function createKey(prisma: PrismaClient, record: KeyRecord): Promise<ApiKey> {
  return prisma.apiKey.create({ data: record });
}

export function toKeyRow(key: ApiKey): ApiKeyRow {
  return {
    id: key.id,
    name: key.name,
    display: `${key.prefix}…${key.last4}`,
    isRoot: key.isRoot,
    createdAt: key.createdAt.toISOString(),
    ...(key.createdBy !== null && { createdBy: key.createdBy }),
    ...(key.lastUsedAt !== null && { lastUsedAt: key.lastUsedAt.toISOString() }),
    ...(key.expiresAt !== null && { expiresAt: key.expiresAt.toISOString() }),
    ...(key.revokedAt !== null && { revokedAt: key.revokedAt.toISOString() }),
  };
}
