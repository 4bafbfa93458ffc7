import { createHash, randomBytes } from "node:crypto";
import type { EnvironmentType } from "@/lib/contracts/environment";
import type { KeyPreset } from "@/lib/contracts/key-presets";
import { newId } from "@/lib/ids/ids";
import type { Query } from "./database";
import type { Vault } from "./keys";

export const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

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

/** What keys of an environment begin with, after `tr_`. */
export const keyPrefixes: Record<EnvironmentType, string> = { PRODUCTION: "prod", DEVELOPMENT: "dev", STAGING: "stg", PREVIEW: "preview" };

export function newSecretKey(type: EnvironmentType, kind: KeyKind): string {
  const prefix = `tr_${keyPrefixes[type]}_`;
  // The clients know an additional key by exactly 24 letters after `sk_`.
  return prefix + (kind === "additional" ? `sk_${randomLetters(24)}` : randomLetters(32));
}

/** Of the tokens of persons; the published command line knows them by it. */
export const personalPrefix = "tr_pat_";
export const newPersonalToken = (): string => personalPrefix + randomLetters(40);

interface KeyRecord {
  id: string;
  environmentId: string;
  name: string;
  prefix: string;
  last4: string;
  hash: Uint8Array<ArrayBuffer>;
  sealed: Uint8Array<ArrayBuffer>;
  isRoot: boolean;
  preset: KeyPreset;
  taskIds: string[];
  createdBy: string | null;
}

/** The row that keeps a key: its hash to find it, the key itself sealed to verify what it has signed. */
export function keyRecord(
  vault: Vault,
  input: {
    key: string;
    environmentId: string;
    name: string;
    createdBy: string | null;
    isRoot: boolean;
    preset?: KeyPreset;
    taskIds?: string[];
  },
): KeyRecord {
  const { key, preset = "full", taskIds = [], ...rest } = input;
  return {
    id: newId("key"),
    preset,
    taskIds,
    ...rest,
    prefix: /^tr_[a-z]+_(sk_)?/.exec(key)?.[0] ?? key.slice(0, 4),
    last4: key.slice(-4),
    hash: new Uint8Array(sha256(key)),
    sealed: new Uint8Array(vault.seal(key, "api-key")),
  };
}

/** The first key of an environment. `showDue`: nobody has seen it yet. */
export async function insertRootKey(
  query: Query,
  environmentId: string,
  { key, showDue, vault }: { key: string; showDue: boolean; vault: Vault },
): Promise<void> {
  const { id, name, prefix, last4, hash, sealed } = keyRecord(vault, {
    key,
    environmentId,
    name: "Root key",
    createdBy: null,
    isRoot: true,
  });
  await query(
    "insert into api_key (id, environment_id, name, prefix, last4, hash, sealed, is_root, show_due) values ($1, $2, $3, $4, $5, $6, $7, true, $8)",
    [id, environmentId, name, prefix, last4, Buffer.from(hash), Buffer.from(sealed), showDue],
  );
}
