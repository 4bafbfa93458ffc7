import { createHmac, timingSafeEqual, type KeyObject } from "node:crypto";
import type { MintedBy } from "@/lib/contracts/scope";
import type { Keys } from "../db/keys";
import { signPublicToken, signRunToken } from "./jwt";

const handleLifetimeMs = 3_600_000;
const waitTokenLifetimeMs = 24 * 3_600_000;
/** Runs are given a new one each half hour: that of an hour ago may be used even after the clock was put an hour ahead. */
const runTokenLifetimeMs = 2 * 3_600_000;
const packetUrlLifetimeMs = 3_600_000;

export interface MintOptions {
  /** Makes tokens of the same second different: one-time ones are told apart by their text, recorded ones by its hash. */
  id?: string;
  scopes: readonly string[];
  /** Epoch ms; now. */
  issuedAt?: number;
  /** Epoch ms. */
  expiresAt: number;
  oneTime?: boolean | undefined;
  skipColumns?: readonly string[] | undefined;
  /** Whose end is this token's end. */
  by?: MintedBy | undefined;
}

/** `claims`: for clients that would sign the token themselves. */
export interface Access {
  token: string;
  claims: object;
}

/**
 * What the server signs: with keys of its own by purpose, so that none of it dies when an API key is rotated.
 * Needs no database, so the composition root makes one before the engine.
 */
export interface Issuer {
  publicToken(options: MintOptions): string;
  /** For the handle of one run: follow it, and send it input. */
  runAccess(runId: string, options?: Pick<MintOptions, "skipColumns" | "by">): Access;
  /** For the handle of a batch: follow it and, where its holder `sends` the items, send them, whatever their tasks. */
  batchAccess(batchId: string, options?: { sends?: boolean; by?: MintedBy }): Access;
  /** Public access token of a wait token: whoever holds it may complete that one. */
  tokenAccess(waitpointId: string, by?: MintedBy): Access;
  /** Credential of a run's code for the calls of its SDK, while it executes. */
  runToken(run: { runId: string; epoch: number }): string;
  callbackUrl(waitpointId: string): string;
  isCallback(waitpointId: string, mac: string): boolean;
  packetUrl(method: "GET" | "PUT", key: string): string;
  isPacketUrl(method: "GET" | "PUT", key: string, expires: string, mac: string): boolean;
}

export function createIssuer(options: {
  keys: Pick<Keys, "callback" | "publicTokens" | "runTokens">;
  environmentId: string;
  origin(): string;
}): Issuer {
  const { keys, environmentId, origin } = options;

  function publicToken({ id, scopes, issuedAt = Date.now(), expiresAt, oneTime, skipColumns, by }: MintOptions): string {
    return signPublicToken(keys.publicTokens, {
      sub: environmentId,
      scopes: [...scopes],
      iat: Math.floor(issuedAt / 1000),
      exp: Math.floor(expiresAt / 1000),
      jti: id,
      otu: oneTime === true ? true : undefined,
      realtime: skipColumns !== undefined && skipColumns.length > 0 ? { skipColumns: [...skipColumns] } : undefined,
      by: by !== undefined && Object.keys(by).length > 0 ? by : undefined,
    });
  }
  function access(
    scopes: readonly string[],
    lifetimeMs: number,
    { skipColumns, by }: Pick<MintOptions, "skipColumns" | "by"> = {},
  ): Access {
    return {
      token: publicToken({ scopes, expiresAt: Date.now() + lifetimeMs, skipColumns, by }),
      claims: { sub: environmentId, pub: true, scopes },
    };
  }
  // Purpose and version lead the text, so no MAC serves another purpose.
  const callbackMac = (waitpointId: string) => mac(keys.callback, ["wait-token", "1", environmentId, waitpointId]);
  const packetMac = (method: string, key: string, expires: string) =>
    mac(keys.callback, ["packet", "1", environmentId, method, expires, key]);

  return {
    publicToken,
    runAccess: (runId, options) => access([`read:runs:${runId}`, `write:inputStreams:${runId}`], handleLifetimeMs, options),
    batchAccess: (batchId, { sends, by } = {}) =>
      access([`read:batch:${batchId}`, ...(sends === true ? [`write:batch:${batchId}`] : [])], handleLifetimeMs, { by }),
    tokenAccess: (waitpointId, by) => access([`write:waitpoints:${waitpointId}`], waitTokenLifetimeMs, { by }),
    runToken: ({ runId, epoch }) =>
      signRunToken(keys.runTokens, { sub: environmentId, run: runId, epoch, exp: Math.floor((Date.now() + runTokenLifetimeMs) / 1000) }),
    callbackUrl: (waitpointId) =>
      `${origin()}/api/v1/waitpoints/tokens/${waitpointId}/callback/${callbackMac(waitpointId).toString("hex")}`,
    isCallback: (waitpointId, text) => equals(callbackMac(waitpointId), text),
    packetUrl(method, key) {
      const expires = String(Date.now() + packetUrlLifetimeMs);
      const path = key.split("/").map(encodeURIComponent).join("/");
      return `${origin()}/packets/${path}?expires=${expires}&sig=${packetMac(method, key, expires).toString("hex")}`;
    },
    isPacketUrl: (method, key, expires, text) =>
      /^\d{13}$/.test(expires) && Number(expires) > Date.now() && equals(packetMac(method, key, expires), text),
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
