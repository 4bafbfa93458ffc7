export const keyScopes = ["run", "attempt", "global"] as const;
export type IdempotencyKeyScope = (typeof keyScopes)[number];

/** Run that a key is made in; outside a run every scope is global. */
export interface KeyOwner {
  runId: string;
  attempt: number;
}

/** A key that was made before: 64 characters, as a SHA-256 in hex has (gotcha 19: whoever passes such a string means it). */
export const isMadeKey = (key: string | readonly string[]): key is string => typeof key === "string" && key.length === 64;

/** The text whose SHA-256 in hex is the key: the parts, then run id and attempt as the scope asks, joined by `-`. */
export function keyMaterial(key: string | readonly string[], scope: IdempotencyKeyScope, owner: KeyOwner | undefined): string {
  const parts = typeof key === "string" ? [key] : [...key];
  if (owner !== undefined && scope !== "global") parts.push(owner.runId);
  if (owner !== undefined && scope === "attempt") parts.push(String(owner.attempt));
  return parts.join("-");
}
