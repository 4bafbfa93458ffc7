import type { IncomingMessage } from "node:http";

export const realtimePath = "/realtime";

export interface AdmissionRules {
  /** Origins of our own pages beside the one that the Host header names, such as a public address behind a proxy. */
  allowedOrigins: () => readonly string[];
}

export type Admission = { kind: "cookie"; headers: Headers } | { kind: "token" } | { kind: "refused"; status: 400 | 403; reason: string };

/** Path and query of an upgrade request when it is for the gateway. Absolute-form targets and other paths are not. */
export function realtimeTarget(req: IncomingMessage): URLSearchParams | null {
  const [path, query = ""] = (req.url ?? "").split("?", 2);
  return path === realtimePath ? new URLSearchParams(query) : null;
}

/** How this socket may be authenticated, if at all. Whether the server answers to its Host header is decided in front of it. */
export function admit(req: IncomingMessage, query: URLSearchParams, rules: AdmissionRules): Admission {
  const host = req.headers.host;
  if (host === undefined) return { kind: "refused", status: 400, reason: "The Host header is missing." };
  // A token is proof enough from any origin; a cookie is sent by the browser whoever asks.
  if (query.get("auth") === "token") return { kind: "token" };
  const { origin } = req.headers;
  if (origin === undefined || !isOwn(origin, host, rules))
    return { kind: "refused", status: 403, reason: "This origin may not use a session cookie." };
  return { kind: "cookie", headers: new Headers({ host, cookie: req.headers.cookie ?? "", origin }) };
}

function isOwn(origin: string, host: string, rules: AdmissionRules): boolean {
  if (rules.allowedOrigins().includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
