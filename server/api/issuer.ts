import { createHmac, timingSafeEqual, type KeyObject } from "node:crypto";
import type { Keys } from "../db/keys";
import { signPublicToken, signRunToken } from "./jwt";

const handleLifetimeMs = 3_600_000;
const waitTokenLifetimeMs = 24 * 3_600_000;
/** Longest time that a worker may hold a run (waits included) before its reading calls are refused. */
const runTokenLifetimeMs = 30 * 86_400_000;
const workerTokenAgeMs = 3_600_000;
const packetUrlLifetimeMs = 3_600_000;

export interface MintOptions {
  /** Makes tokens of the same second different: one-time ones are told apart by their text, recorded ones by its hash. */
  id?: string;
  scopes: readonly string[];
  /** Epoch ms. */
  expiresAt: number;
  oneTime?: boolean | undefined;
  skipColumns?: readonly string[] | undefined;
}

/**
 * What the server signs: with keys of its own by purpose, so that none of it dies when an API key is rotated.
 * Needs no database, so the composition root makes one before the engine.
 */
export interface Issuer {
  publicToken(options: MintOptions): string;
  /** For the handle of one run: follow it, and send it input. */
  runAccess(runId: string, skipColumns?: readonly string[]): { token: string; claims: object };
  /** For the handle of a batch: follow it and, where its holder `sends` the items, send them, whatever their tasks. */
  batchAccess(batchId: string, options?: { sends: boolean }): { token: string; claims: object };
  /** Public access token of a wait token: whoever holds it may complete that one. */
  tokenAccess(waitpointId: string): { token: string; claims: object };
  /** Credential of the workers for their reading calls: one for all, made anew every hour. */
  workerToken(): string;
  callbackUrl(waitpointId: string): string;
  isCallback(waitpointId: string, mac: string): boolean;
  packetUrl(method: "GET" | "PUT", key: string): string;
  isPacketUrl(method: "GET" | "PUT", key: string, expires: string, mac: string): boolean;
}

export function createIssuer(options: { keys: Pick<Keys, "callback" | "publicTokens" | "runTokens">; environmentId: string; origin(): string }): Issuer {
  const { keys, environmentId, origin } = options;

  function publicToken({ id, scopes, expiresAt, oneTime, skipColumns }: MintOptions): string {
    return signPublicToken(keys.publicTokens, {
      sub: environmentId,
      scopes: [...scopes],
      exp: Math.floor(expiresAt / 1000),
      ...(id !== undefined && { jti: id }),
      ...(oneTime === true && { otu: true }),
      ...(skipColumns !== undefined && skipColumns.length > 0 && { realtime: { skipColumns: [...skipColumns] } }),
    });
  }
  function access(scopes: readonly string[], lifetimeMs: number, skipColumns?: readonly string[]) {
    return { token: publicToken({ scopes, expiresAt: Date.now() + lifetimeMs, skipColumns }), claims: { sub: environmentId, pub: true, scopes } };
  }
  // Purpose and version lead the text, so no MAC serves another purpose.
  const callbackMac = (waitpointId: string) => mac(keys.callback, ["wait-token", "1", environmentId, waitpointId]);
  const packetMac = (method: string, key: string, expires: string) => mac(keys.callback, ["packet", "1", environmentId, method, expires, key]);

  let workers = { token: "", until: 0 };

  return {
    publicToken,
    runAccess: (runId, skipColumns) => access([`read:runs:${runId}`, `write:inputStreams:${runId}`], handleLifetimeMs, skipColumns),
    batchAccess: (batchId, options) => access([`read:batch:${batchId}`, ...(options?.sends === true ? [`write:batch:${batchId}`] : [])], handleLifetimeMs),
    tokenAccess: (waitpointId) => access([`write:waitpoints:${waitpointId}`], waitTokenLifetimeMs),
    workerToken() {
      const now = Date.now();
      if (now >= workers.until) workers = { token: signRunToken(keys.runTokens, { sub: environmentId, exp: Math.floor((now + runTokenLifetimeMs) / 1000) }), until: now + workerTokenAgeMs };
      return workers.token;
    },
    callbackUrl: (waitpointId) => `${origin()}/api/v1/waitpoints/tokens/${waitpointId}/callback/${callbackMac(waitpointId).toString("hex")}`,
    isCallback: (waitpointId, text) => equals(callbackMac(waitpointId), text),
    packetUrl(method, key) {
      const expires = String(Date.now() + packetUrlLifetimeMs);
      const path = key.split("/").map(encodeURIComponent).join("/");
      return `${origin()}/packets/${path}?expires=${expires}&sig=${packetMac(method, key, expires).toString("hex")}`;
    },
    isPacketUrl: (method, key, expires, text) => /^\d{13}$/.test(expires) && Number(expires) > Date.now() && equals(packetMac(method, key, expires), text),
  };
}

function mac(key: KeyObject, parts: readonly string[]): Buffer {
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest();
}

/** Constant time over 32 bytes whatever was sent: anything but 64 hex digits is compared as zeros, and differs. */
function equals(expected: Buffer, text: string): boolean {
  const wellFormed = /^[0-9a-f]{64}$/.test(text);
  const given = wellFormed ? Buffer.from(text, "hex") : Buffer.alloc(expected.length);
  return timingSafeEqual(expected, given) && wellFormed;
}
