import { parseScope, type MintBody, type Scope } from "@/lib/contracts/scope";
import { newId } from "@/lib/ids/ids";
import { sha256 } from "../db/secret-keys";
import type { PublicToken } from "../db/generated/client";
import type { Engine } from "../engine/engine";
import { EngineError } from "../engine/error";
import { claimRequest, MadeBefore } from "../engine/request-once";
import type { ApiContext } from "./context";
import { readExpiration } from "./expiration";
import { maxTokenLength } from "./jwt";
import { describe, minterOf, type Principal } from "./principal";

/**
 * A public token for whoever asks, recorded by its hash: it is listed, can be revoked, and ends with who minted it. Another try of one
 * request is given the same token.
 */
export async function mint(
  { engine, prisma, issuer }: ApiContext,
  principal: Principal,
  body: MintBody & { note?: string | undefined; requestKey?: string | undefined },
): Promise<{ token: string; row: PublicToken }> {
  const { scopes, expirationTime, oneTimeUse, realtime, note, requestKey } = body;
  if (principal.kind === "run") refuseBroad(scopes);
  if (principal.kind === "key" && principal.scopes !== null) refuseBeyond(principal.display, principal.scopes, scopes);
  const by = minterOf(principal);
  const now = Date.now();
  const { id, issuedAt, expiresAt } = await ofRequest(engine, requestKey, {
    id: newId("token"),
    issuedAt: now,
    expiresAt: readExpiration(expirationTime, now),
  });
  const token = issuer.publicToken({ id, scopes, issuedAt, expiresAt, oneTime: oneTimeUse, skipColumns: realtime?.skipColumns, by });
  if (token.length > maxTokenLength)
    throw new EngineError(
      400,
      `With these scopes the token would be longer than ${maxTokenLength} characters, which no request carries. Name fewer things, or what they have in common.`,
      { param: "scopes" },
    );
  const hash = new Uint8Array(sha256(token));
  const row = await prisma.publicToken.upsert({
    where: { id },
    update: {},
    create: {
      id,
      environmentId: engine.env.id,
      hash,
      scopes,
      oneTime: oneTimeUse === true,
      note: note ?? null,
      createdBy: describe(principal),
      expiresAt: new Date(expiresAt),
      mintedByKey: by.key ?? null,
      mintedByUser: by.user ?? null,
    },
  });
  // Made by somebody else, or for something else.
  if (Buffer.compare(row.hash, hash) !== 0)
    throw new EngineError(
      422,
      "This request id (x-trigger-request-idempotency-key) has made another token. Send each request with an id of its own.",
    );
  return { token, row };
}

interface Moment {
  id: string;
  /** Epoch ms, as the next. */
  issuedAt: number;
  expiresAt: number;
}

/** What is new in a token: of a request that was tried before, what it was then. */
async function ofRequest(engine: Engine, requestKey: string | undefined, fresh: Moment): Promise<Moment> {
  if (requestKey === undefined) return fresh;
  try {
    await claimRequest(engine.db.query, engine.env.id, {
      kind: "token",
      key: requestKey,
      ref: `${fresh.id} ${fresh.issuedAt} ${fresh.expiresAt}`,
    });
    return fresh;
  } catch (error) {
    if (!(error instanceof MadeBefore)) throw error;
    const [id = fresh.id, issuedAt, expiresAt] = error.ref.split(" ");
    return { id, issuedAt: Number(issuedAt), expiresAt: Number(expiresAt) };
  }
}

/** The code of a run makes tokens for things. One for everything would outlive the run, and reach beyond what its own token may. */
function refuseBroad(scopes: readonly string[]): void {
  const denied = scopes.filter((text) => isBroad(parseScope(text)));
  if (denied.length === 0) return;
  throw new EngineError(403, `A run may not mint tokens for everything: ${denied.slice(0, 4).join(", ")}. Name what the token is for.`, {
    code: "scopes_exceed_key_access",
    param: "scopes",
  });
}

/** Names all that were refused: the published client tells them. */
export class ScopesDenied extends EngineError {
  constructor(
    message: string,
    readonly deniedScopes: readonly string[],
  ) {
    super(403, message, { code: "scopes_exceed_key_access", param: "scopes" });
  }
}

/** A key hands on what it may do itself, or part of it. */
function refuseBeyond(display: string, held: readonly Scope[], asked: readonly string[]): void {
  const deniedScopes = asked.filter((text) => !held.some((scope) => covers(scope, parseScope(text))));
  if (deniedScopes.length === 0) return;
  const message = `The key ${display} may not hand on what it may not do itself: ${deniedScopes.slice(0, 4).join(", ")}.`;
  throw new ScopesDenied(message, deniedScopes);
}

/** Whether everything that one scope allows is allowed by the other. */
export function covers(held: Scope, asked: Scope): boolean {
  const isSame =
    held.action === asked.action ||
    held.action === "*" ||
    (held.action === "write" && ["trigger", "batchTrigger", "update"].includes(asked.action));
  if (!isSame || asked.type === undefined) return false;
  return held.type === "all" || (held.type === asked.type && (held.id === undefined || held.id === asked.id));
}

const isBroad = ({ action, type }: Scope): boolean => action === "admin" || action === "*" || type === "all";
