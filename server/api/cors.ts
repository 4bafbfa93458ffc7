import { setHeader, type ApiRequest } from "./context";

const fixedHeaders = [
  "authorization",
  "content-type",
  "trigger-version",
  "last-event-id",
  "timeout-seconds",
  "traceparent",
  "tracestate",
  "cache-control",
  "pragma",
];

/** Any origin, never with credentials: what answers here is asked with a bearer token, and a cookie is not sent along. */
export function allowOrigin(c: ApiRequest): void {
  setHeader(c, "access-control-allow-origin", "*");
  setHeader(c, "access-control-expose-headers", exposedHeaders);
}

export const exposedHeaders = "*, x-trigger-jwt, x-trigger-jwt-claims";

export function preflight(c: ApiRequest, methods: readonly string[]): Response {
  const asked = (c.req.header("access-control-request-headers") ?? "").split(",").map((name) => name.trim().toLowerCase());
  const extra = asked.filter((name) => /^x-trigger-[a-z0-9-]+$/.test(name) || /^electric-[a-z-]+$/.test(name));
  c.header("access-control-allow-methods", methods.join(", "));
  c.header("access-control-allow-headers", [...new Set([...fixedHeaders, ...extra])].join(", "));
  c.header("access-control-max-age", "7200");
  c.header("vary", "access-control-request-headers");
  return c.body(null, 204);
}
