import type { TokenRow } from "@/lib/contracts/token";
import { timeoutMessage } from "../../engine/waiting/settle";
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
  if (token.status === "TIMED_OUT") return { ...wireToken(token, issuer), ...timedOut };
  return {
    ...wireToken(token, issuer),
    ...(token.output !== undefined && { output: token.output }),
    ...(token.outputType !== undefined && { outputType: token.outputType }),
  };
}

/** The published client reads the message from the output of a token that timed out, and throws where there is none. */
const timedOut = {
  output: JSON.stringify({ code: "TRIGGER_WAITPOINT_TIMEOUT", message: timeoutMessage }),
  outputType: "application/json",
  outputIsError: true,
};
