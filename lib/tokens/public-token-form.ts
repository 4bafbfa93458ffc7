import { parseDuration } from "@/lib/time/duration";
import { parseScope } from "@/lib/contracts/scope-match";
import { canDo } from "@/lib/tokens/scope-words";

export const expiryPresets = ["15m", "1h", "24h", "7d", "30d"] as const;
const longestMs = 30 * 86_400_000;

/** Why the life of a token may not be that; undefined when it may. */
export function expiryError(text: string): string | undefined {
  const ms = parseDuration(text);
  if (ms === null) return "Write a duration such as 45m, 12h or 3d";
  if (ms < 1000) return "At least one second";
  return ms > longestMs ? "At most 30 days" : undefined;
}

/** Why a typed scope is not one; undefined when it is. */
export function scopeError(text: string): string | undefined {
  const { action, type, id } = parseScope(text);
  if (action === "" || type === "" || id === "") return "A scope is action, type and id with colons, such as read:runs:run_…";
  return canDo(text) === null ? `Nothing on this server reads ${text}; it would allow nothing` : undefined;
}

/** The claims that the token will have; `exp` and `iat` are of this moment. */
export function previewClaims(draft: {
  sub: string;
  scopes: readonly string[];
  oneTime: boolean;
  expiry: string;
  now: number;
}): Record<string, unknown> {
  const lifeMs = parseDuration(draft.expiry) ?? 0;
  const iat = Math.floor(draft.now / 1000);
  return {
    sub: draft.sub,
    pub: true,
    scopes: draft.scopes,
    ...(draft.oneTime ? { otu: true } : {}),
    iat,
    exp: iat + Math.floor(lifeMs / 1000),
  };
}

/** The task that the token may trigger, for trying it; undefined: none, or no single one. */
export const triggerTarget = (scopes: readonly string[]): string | undefined =>
  scopes.map(parseScope).find((s) => (s.action === "trigger" || s.action === "write") && s.type === "tasks")?.id;

/** Whether there is something that the token may follow without naming a run first. */
export const canFollow = (scopes: readonly string[]): boolean =>
  scopes
    .map(parseScope)
    .some(
      (s) =>
        s.action === "admin" ||
        (s.action === "read" &&
          (s.type === "runs" || s.type === "all" || (s.id !== undefined && (s.type === "tags" || s.type === "batch")))),
    );
