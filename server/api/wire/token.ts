import type { TokenRow } from "@/lib/contracts/token";
import type { Issuer } from "../issuer";

/** A wait token as the published clients read it; what it does not have is left out. */
export function wireToken(token: TokenRow, issuer: Pick<Issuer, "callbackUrl">) {
  return {
    id: token.id,
    url: issuer.callbackUrl(token.id),
    status: token.status,
    tags: token.tags,
    createdAt: token.createdAt,
    ...(token.completedAt !== undefined && { completedAt: token.completedAt }),
    ...(token.timeoutAt !== undefined && { timeoutAt: token.timeoutAt, completedAfter: token.timeoutAt }),
    ...(token.idempotencyKey !== undefined && { idempotencyKey: token.idempotencyKey }),
    ...(token.idempotencyKeyExpiresAt !== undefined && { idempotencyKeyExpiresAt: token.idempotencyKeyExpiresAt }),
  };
}

export function wireTokenWithOutput(token: TokenRow, issuer: Pick<Issuer, "callbackUrl">) {
  return {
    ...wireToken(token, issuer),
    ...(token.output !== undefined && { output: token.output }),
    ...(token.outputType !== undefined && { outputType: token.outputType }),
    ...(token.outputIsError !== undefined && { outputIsError: token.outputIsError }),
  };
}
