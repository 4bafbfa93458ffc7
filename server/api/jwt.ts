import { createHmac, type KeyObject } from "node:crypto";
import { jwtVerify } from "jose";
import { z } from "zod";
import { PublicTokenClaims, tokenAudience, tokenIssuer } from "@/lib/contracts/scope";
import { sha256 } from "../db/secret-keys";

/** Tokens that this server mints on request: the hosted service's bound. */
export const maxMintedLifetimeMs = 30 * 86_400_000;
export const defaultLifetimeMs = 15 * 60_000;
export const maxTokenLength = 16 * 1024;

const header = base64url('{"alg":"HS256"}');
const runHeader = base64url('{"alg":"HS256","typ":"run+jwt"}');
const runAudience = "trigger:api";

/** A public access token in the published clients' format. Synchronous: one is made for every trigger. */
export function signPublicToken(key: KeyObject, claims: Omit<PublicTokenClaims, "pub"> & { iat: number }): string {
  return sign(key, header, JSON.stringify({ ...claims, pub: true, iss: tokenIssuer, aud: tokenAudience }));
}

/** Written out, for one is made at every start of a run: the HMAC is then most of what it costs. */
export function signRunToken(key: KeyObject, { sub, run, epoch, exp }: { sub: string; run: string; epoch: number; exp: number }): string {
  const iat = Math.floor(Date.now() / 1000);
  return sign(
    key,
    runHeader,
    `{"sub":${JSON.stringify(sub)},"run":${JSON.stringify(run)},"epoch":${epoch},"exp":${exp},"iat":${iat},"token_use":"run","aud":"${runAudience}"}`,
  );
}

function sign(key: KeyObject, encodedHeader: string, payload: string): string {
  const text = `${encodedHeader}.${base64url(payload)}`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

export type Kind = "public" | "run";

/** What a token claims to be, unverified: only to choose how it is verified. Null for one that is not spelled as it was made. */
export function kindOf(token: string): Kind | null {
  if (token.length > maxTokenLength) return null;
  const parts = token.split(".");
  if (parts.length !== 3 || !parts.every(isCanonical)) return null;
  const [head, body] = [readPart(parts[0]), readPart(parts[1])];
  if (head === null || body === null || head["alg"] !== "HS256") return null;
  if (head["typ"] === "run+jwt") return "run";
  return body["pub"] === true ? "public" : null;
}

/** The environment that a token names, unverified; null: it is no such token. */
export function subjectOf(token: string): string | null {
  if (kindOf(token) === null) return null;
  const subject = readPart(token.split(".")[1])?.["sub"];
  return typeof subject === "string" ? subject : null;
}

const check = { algorithms: ["HS256"], requiredClaims: ["sub", "exp"], clockTolerance: 5 };

/** Claims of a token that `key` signed; null when it did not, or when a claim is wrong. */
export async function verifyPublicToken(token: string, key: KeyObject, environmentId: string): Promise<PublicTokenClaims | null> {
  const payload = await verify(token, key, { ...check, issuer: tokenIssuer, audience: tokenAudience });
  const claims = PublicTokenClaims.safeParse(payload);
  if (!claims.success || claims.data.sub !== environmentId) return null;
  return claims.data;
}

const RunTokenClaims = z.object({
  sub: z.string(),
  token_use: z.literal("run"),
  run: z.string(),
  epoch: z.number().int(),
  exp: z.number(),
});

export async function verifyRunToken(token: string, key: KeyObject, environmentId: string): Promise<z.infer<typeof RunTokenClaims> | null> {
  const payload = await verify(token, key, { ...check, audience: runAudience, typ: "run+jwt" });
  const claims = RunTokenClaims.safeParse(payload);
  return claims.success && claims.data.sub === environmentId ? claims.data : null;
}

async function verify(token: string, key: KeyObject, options: Parameters<typeof jwtVerify>[2]): Promise<unknown> {
  try {
    return (await jwtVerify(token, key, options)).payload;
  } catch {
    return null;
  }
}

function readPart(part: string | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? "", "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

export const tokenHash = (token: string): string => sha256(token).toString("hex");

/**
 * Decoders overlook spare bits, padding, the other alphabet and blanks, so that one signature has several spellings. Revocation and
 * one-time use know a token by its text: only the one spelling that a signer writes is that token.
 */
const isCanonical = (part: string): boolean => Buffer.from(part, "base64url").toString("base64url") === part;

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
