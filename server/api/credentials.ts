import { createSecretKey, type KeyObject } from "node:crypto";
import { parseScope } from "@/lib/contracts/scope";
import { roles, type Role } from "@/lib/contracts/dashboard";
import type { MintedBy, PublicTokenClaims, Scope } from "@/lib/contracts/scope";
import { scopesOfPreset, type KeyPreset } from "@/lib/contracts/key-presets";
import type { Database } from "../db/database";
import type { Keys } from "../db/keys";
import { keyPrefixes, personalPrefix } from "../db/secret-keys";
import type { Environment } from "../engine/environment";
import { EngineError } from "../engine/error";
import { findPersonalToken, personalTokenHolds } from "../people/personal-tokens";
import type { Logger } from "../log";
import { roleCovers, roleFor } from "./authorize";
import { kindOf, tokenHash, verifyPublicToken, verifyRunToken } from "./jwt";
import type { Principal } from "./principal";
import type { SignIn } from "./sign-in";

/** Keys and revocations are read again after this, so a revocation on another node counts within 5 s. */
const freshMs = 2000;
/** `last_used_at` is written at most this often per key or token. */
const touchMs = 60_000;
const maxTouched = 10_000;

interface KeyRow {
  id: string;
  prefix: string;
  last4: string;
  hash: Buffer;
  sealed: Buffer;
  is_root: boolean;
  preset: KeyPreset;
  task_ids: string[];
}

interface KnownKey {
  id: string;
  display: string;
  preset: KeyPreset;
  scopes: readonly Scope[] | null;
}
interface Ring {
  byHash: Map<string, KnownKey>;
  /** Keys that were shown since the ring was read: not hashed for every request. */
  shown: Map<string, KnownKey>;
  /** Keys with which the published clients sign tokens themselves: root keys, rotated ones in their grace too. */
  signing: { id: string; key: KeyObject }[];
  /** Hashes of recorded public tokens that ended before their time: revoked, or with who minted them. */
  ended: Set<string>;
  /** Keys and people with whom what they minted goes on. */
  minters: Set<string>;
}

/** A person of these roles may mint, so what one has minted holds. */
const mintingRoles: readonly Role[] = roles.filter((role) => roleCovers(role, roleFor("write")));

/** Recorded public tokens that ended before their time, by id and hash. */
export const endedTokens = (db: Database, envId: string): Promise<{ id: string; hash: Buffer }[]> =>
  db.query(endedSql, [envId, mintingRoles]);

const endedSql = `
select t.id, t.hash from public_token t
 where t.environment_id = $1 and t.expires_at > now()
   and (t.revoked_at is not null
        or t.minted_by_key is not null and not exists (select from api_key k where k.id = t.minted_by_key and k.revoked_at is null and (k.expires_at is null or k.expires_at > now()))
        or t.minted_by_user is not null and not exists (select from "user" u where u.id = t.minted_by_user and u.role = any($2)))`;

export interface Credentials {
  /** By the Authorization header, else by the session cookie. Null: no credential. A wrong one throws 401. */
  authenticate(headers: Headers): Promise<Principal | null>;
  /** A secret key, run token or public token by itself. A wrong one throws 401. */
  authenticateToken(token: string): Promise<Principal>;
  /** For long-lived connections: whether what was valid at the start still is. */
  stillValid(principal: Principal): Promise<boolean>;
  /** Keys, tokens or sessions were changed here: what is remembered is void. */
  forget(): void;
}

interface CredentialsOptions {
  db: Database;
  env: Environment;
  keys: Keys;
  log: Logger;
  signIn: SignIn;
  /** With `forget`. */
  onForget(): void;
  /** A public token that ends later than so long from now is refused, whoever signed it. */
  tokenLifeMs: number;
  /** Whether this execution of the run goes on here: its token ends with it. */
  isLive(runId: string, epoch: number): boolean;
}

export function createCredentials({ db, env, keys, log, signIn, onForget, tokenLifeMs, isLive }: CredentialsOptions): Credentials {
  let ring: Promise<Ring> | null = null;
  let readAt = 0;
  const touched = new Map<string, number>();

  async function readRing(): Promise<Ring> {
    const rows = await db.query<KeyRow>(
      `select id, prefix, last4, hash, sealed, is_root, preset, task_ids from api_key
        where environment_id = any($1) and revoked_at is null and (expires_at is null or expires_at > now())`,
      [env.parent === undefined ? [env.id] : [env.parent.id, env.id]],
    );
    const ended = await endedTokens(db, env.id);
    const people = await db.query<{ id: string }>(`select id from "user" where role = any($1)`, [mintingRoles]);
    return {
      byHash: new Map(
        rows.map((key) => [
          key.hash.toString("hex"),
          { id: key.id, display: `${key.prefix}…${key.last4}`, preset: key.preset, scopes: scopesOfPreset(key.preset, key.task_ids) },
        ]),
      ),
      shown: new Map(),
      signing: rows
        .filter((key) => key.is_root)
        .map((key) => ({ id: key.id, key: createSecretKey(Buffer.from(keys.vault.open(key.sealed, "api-key"))) })),
      ended: new Set(ended.map(({ hash }) => hash.toString("hex"))),
      minters: new Set([...rows, ...people].map(({ id }) => id)),
    };
  }

  function currentRing(): Promise<Ring> {
    if (ring === null || performance.now() - readAt > freshMs) {
      readAt = performance.now();
      const reading = readRing();
      ring = reading;
      reading.catch(() => {
        if (ring === reading) ring = null;
      });
    }
    return ring;
  }

  function touch(table: "api_key" | "public_token" | "personal_token", id: string): void {
    const now = performance.now();
    if (now - (touched.get(id) ?? Number.NEGATIVE_INFINITY) < touchMs) return;
    if (touched.size >= maxTouched) touched.clear();
    touched.set(id, now);
    db.query(`update ${table} set last_used_at = now() where id = $1`, [id]).catch((error: unknown) =>
      log.warn("could not note the use of a credential", { error }),
    );
  }

  async function bySecretKey(token: string): Promise<Principal> {
    const { byHash, shown } = await currentRing();
    const key = shown.get(token) ?? byHash.get(tokenHash(token));
    if (key === undefined) throw new EngineError(401, wrongKey(token));
    shown.set(token, key);
    touch("api_key", key.id);
    const { id, display, preset, scopes } = key;
    return { kind: "key", keyId: id, display, preset, scopes };
  }

  async function byPersonalToken(token: string): Promise<Principal> {
    const found = await findPersonalToken(db, token);
    if (found === null)
      throw new EngineError(401, "Invalid personal access token: this server does not know it, or it has ended or was revoked.");
    touch("personal_token", found.tokenId);
    return { kind: "person", ...found };
  }

  function wrongKey(token: string): string {
    const named = /^tr_(dev|stg|prod|preview)_/.exec(token)?.[1];
    if (named === undefined)
      return "Invalid credential: send `Authorization: Bearer` with a secret key (tr_…) or a public access token of this environment.";
    if (named !== keyPrefixes[env.type]) return `Invalid API key: it is a ${named} key, and this is the environment "${env.slug}".`;
    return "Invalid API key: this server does not know it, or it was revoked.";
  }

  async function verifyWithAny(
    token: string,
    signing: Ring["signing"],
  ): Promise<{ claims: PublicTokenClaims; signedBy: string | undefined } | null> {
    const own = await verifyPublicToken(token, keys.publicTokens, env.id);
    if (own !== null) return { claims: own, signedBy: undefined };
    for (const { id, key } of signing) {
      const claims = await verifyPublicToken(token, key, env.id);
      if (claims !== null) return { claims, signedBy: id };
    }
    return null;
  }

  async function byPublicToken(token: string): Promise<Principal> {
    const known = await currentRing();
    const verified = await verifyWithAny(token, known.signing);
    if (verified === null)
      throw new EngineError(
        401,
        "Invalid public access token: it has expired, is not for this environment, or was not signed with its key.",
      );
    const hash = tokenHash(token);
    const { claims, signedBy } = verified;
    if (claims.exp * 1000 > Date.now() + tokenLifeMs)
      throw new EngineError(
        401,
        `This public access token ends more than ${Math.floor(tokenLifeMs / 86_400_000)} days from now. Sign one that ends earlier, or let the operator set SIGNALBOX_TOKEN_LIFE.`,
      );
    const by = claims.by ?? {};
    if (hasEnded(known, { hash, by }))
      throw new EngineError(401, "This public access token was revoked, or has ended with the key or the person that minted it.");
    if (claims.jti !== undefined && signedBy === undefined) touch("public_token", claims.jti);
    return {
      kind: "public",
      hash,
      scopes: (claims.scopes ?? []).map(parseScope),
      expiresAt: claims.exp * 1000,
      oneTime: claims.otu === true,
      skipColumns: claims.realtime?.skipColumns ?? [],
      signedBy,
      by,
    };
  }

  /** Tokens that were handed out with an answer are not recorded: they name their minter themselves. */
  function hasEnded({ ended, minters }: Ring, { hash, by }: { hash: string; by: MintedBy }): boolean {
    const isGone = (minter: string | undefined) => minter !== undefined && !minters.has(minter);
    return ended.has(hash) || isGone(by.key) || isGone(by.user) || (by.token !== undefined && ended.has(by.token));
  }

  async function byRunToken(token: string): Promise<Principal> {
    const claims = await verifyRunToken(token, keys.runTokens, env.id);
    if (claims === null) throw new EngineError(401, "Invalid run token: it has expired or is not for this environment.");
    if (!isLive(claims.run, claims.epoch))
      throw new EngineError(401, "This run token has ended with its run, or with the attempt that it was for.");
    return { kind: "run", runId: claims.run, epoch: claims.epoch, expiresAt: claims.exp * 1000 };
  }

  function authenticateToken(token: string): Promise<Principal> {
    switch (kindOf(token)) {
      case "public":
        return byPublicToken(token);
      case "run":
        return byRunToken(token);
      case null:
        return token.startsWith(personalPrefix) ? byPersonalToken(token) : bySecretKey(token);
    }
  }

  async function sessionExists(sessionId: string, role: string): Promise<boolean> {
    const rows = await db.query(
      `select 1 from session join "user" on "user".id = session.user_id where session.id = $1 and session.expires_at > now() and "user".role = $2`,
      [sessionId, role],
    );
    return rows.length > 0;
  }

  return {
    authenticateToken,
    async authenticate(headers) {
      const authorization = headers.get("authorization");
      if (authorization === null) return signIn.session(headers);
      const token = /^bearer +(\S+)$/i.exec(authorization.trim())?.[1];
      if (token === undefined) throw new EngineError(401, "The Authorization header must be `Bearer <secret key or public access token>`.");
      return authenticateToken(token);
    },
    async stillValid(principal) {
      switch (principal.kind) {
        case "key":
          return [...(await currentRing()).byHash.values()].some((key) => key.id === principal.keyId);
        case "run":
          return principal.expiresAt > Date.now() && isLive(principal.runId, principal.epoch);
        case "person":
          return personalTokenHolds(db, principal);
        case "public": {
          const known = await currentRing();
          const signer = principal.signedBy === undefined || known.signing.some((key) => key.id === principal.signedBy);
          return signer && principal.expiresAt > Date.now() && !hasEnded(known, principal);
        }
        case "session":
          return principal.expiresAt > Date.now() && (await sessionExists(principal.sessionId, principal.user.role));
      }
    },
    forget() {
      ring = null;
      signIn.forget();
      onForget();
    },
  };
}
