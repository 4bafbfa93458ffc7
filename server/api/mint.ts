import { parseScope, type MintBody, type Scope } from "@/lib/contracts/scope";
import { newId } from "@/lib/ids/ids";
import { sha256 } from "../db/secret-keys";
import type { PublicToken } from "../db/generated/client";
import { EngineError } from "../engine/error";
import type { ApiContext } from "./context";
import { readExpiration } from "./expiration";
import { maxTokenLength } from "./jwt";
import { describe, minterOf, type Principal } from "./principal";

/** A public token for whoever asks, recorded by its hash: it is listed, can be revoked, and ends with who minted it. */
export async function mint({ engine, prisma, issuer }: ApiContext, principal: Principal, body: MintBody & { note?: string | undefined }): Promise<{ token: string; row: PublicToken }> {
  const { scopes, expirationTime, oneTimeUse, realtime, note } = body;
  if (principal.kind === "run") refuseBroad(scopes);
  if (principal.kind === "key" && principal.scopes !== null) refuseBeyond(principal.display, principal.scopes, scopes);
  const by = minterOf(principal);
  const expiresAt = readExpiration(expirationTime, Date.now());
  const id = newId("token");
  const token = issuer.publicToken({ id, scopes, expiresAt, oneTime: oneTimeUse, skipColumns: realtime?.skipColumns, by });
  if (token.length > maxTokenLength) throw new EngineError(400, `With these scopes the token would be longer than ${maxTokenLength} characters, which no request carries. Name fewer things, or what they have in common.`, { param: "scopes" });
  const row = await prisma.publicToken.create({
    data: {
      id,
      environmentId: engine.env.id,
      hash: new Uint8Array(sha256(token)),
      scopes,
      oneTime: oneTimeUse === true,
      note: note ?? null,
      createdBy: describe(principal),
      expiresAt: new Date(expiresAt),
      mintedByKey: by.key ?? null,
      mintedByUser: by.user ?? null,
    },
  });
  return { token, row };
}

/** The code of a run makes tokens for things. One for everything would outlive the run, and reach beyond what its own token may. */
function refuseBroad(scopes: readonly string[]): void {
  const denied = scopes.filter((text) => isBroad(parseScope(text)));
  if (denied.length === 0) return;
  throw new EngineError(403, `A run may not mint tokens for everything: ${denied.slice(0, 4).join(", ")}. Name what the token is for.`, { code: "scopes_exceed_key_access", param: "scopes" });
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
  const isSame = held.action === asked.action || held.action === "*" || (held.action === "write" && ["trigger", "batchTrigger", "update"].includes(asked.action));
  if (!isSame || asked.type === undefined) return false;
  return held.type === "all" || (held.type === asked.type && (held.id === undefined || held.id === asked.id));
}

const isBroad = ({ action, type }: Scope): boolean => action === "admin" || action === "*" || type === "all";
