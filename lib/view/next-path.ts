const site = "http://local.invalid";

/**
 * Where to go after signing in: a path of this site, or `/`. What counts is what a browser makes of it: `/.//host` begins with
 * one slash, and with two once the dot is taken out. Control characters and backslashes, which browsers drop or turn, are refused;
 * so are the sign-in pages themselves.
 */
export function safeNextPath(next: string | null | undefined): string {
  const fallback = "/";
  // oxlint-disable-next-line no-control-regex -- control characters are what must be found: browsers drop them from URLs
  if (next === null || next === undefined || !/^\/[^\u0000-\u001f\\]*$/.test(next)) return fallback;
  if (!URL.canParse(next, site)) return fallback;
  const url = new URL(next, site);
  if (url.origin !== site || url.pathname.startsWith("//")) return fallback;
  return /^\/(sign-in|setup|join|reset)(\/|$)/.test(url.pathname) ? fallback : url.pathname + url.search + url.hash;
}
