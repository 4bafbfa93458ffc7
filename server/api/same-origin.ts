/**
 * Whether a browser request that carries a cookie comes from our own pages. A request without these headers comes from
 * no browser (browsers send Origin with every POST), so nobody's ambient cookie is misused by it.
 */
export function sameOrigin(headers: Headers, ownOrigin: string): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return false;
  const origin = headers.get("origin");
  if (origin === null) return true;
  return origin === ownOrigin || hostOf(origin) === headers.get("host");
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
