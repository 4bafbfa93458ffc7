/** The claims inside a JWT, read and not verified: for showing to its owner. Null when it is not one. */
export function readClaims(token: string): Record<string, unknown> | null {
  const [, body] = token.split(".");
  if (body === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(body.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.codePointAt(0) ?? 0);
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null ? { ...claims } : null;
  } catch {
    return null;
  }
}
