import { parseDuration } from "@/lib/time/duration";
import { EngineError } from "../engine/error";
import { defaultLifetimeMs, maxMintedLifetimeMs } from "./jwt";

/** When a token that is minted now ends, epoch ms. A text is a duration, a number Unix seconds. */
export function readExpiration(value: string | number | undefined, now: number): number {
  const expiresAt = typeof value === "number" ? value * 1000 : now + durationOf(value);
  if (!Number.isFinite(expiresAt) || expiresAt <= now) throw refused("expirationTime must lie in the future");
  if (expiresAt > now + maxMintedLifetimeMs) throw refused("expirationTime may be at most 30 days from now");
  return expiresAt;
}

function durationOf(text: string | undefined): number {
  if (text === undefined) return defaultLifetimeMs;
  const ms = parseDuration(text);
  if (ms === null) throw refused(`expirationTime ${JSON.stringify(text.slice(0, 40))} is not a duration such as "15m" or "24h"`);
  return ms;
}

const refused = (message: string) =>
  new EngineError(400, `${message}.`, { param: "expirationTime", issues: [{ path: "expirationTime", message }] });
