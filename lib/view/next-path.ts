/**
 * Where to go after signing in: a path of this site, or `/runs`. `//host`, `/\host` and control characters, which browsers
 * read as another origin, are refused; so are the sign-in pages themselves.
 */
export function safeNextPath(next: string | null | undefined): string {
  const fallback = "/runs";
  // oxlint-disable-next-line no-control-regex -- control characters are what must be found: browsers drop them from URLs
  if (next === null || next === undefined || !/^\/(?![/\\])[^\u0000-\u001f\\]*$/.test(next)) return fallback;
  const url = new URL(next, "http://local.invalid");
  if (url.origin !== "http://local.invalid") return fallback;
  return /^\/(sign-in|setup)(\/|$)/.test(url.pathname) ? fallback : url.pathname + url.search + url.hash;
}
