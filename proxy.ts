import { NextResponse, type NextRequest } from "next/server";
import { splitEnvironmentPath } from "@/lib/view/environment-path";

/** Address of the page that is asked for, for the way back after signing in. */
export const pathHeader = "x-signalbox-path";

/** What the address begins with when it names an environment: "/env/staging". */
export const environmentHeader = "x-signalbox-environment";

/**
 * Pages are the same in all environments: "/env/staging/runs" is "/runs", told which.
 * Content security policy of every page. Scripts run by nonce only. Styles may be inline: Radix and sonner position with style
 * attributes. There is no `unsafe-eval`, so libraries that compile code at run time do not work in the browser.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID());
  const socket = `${request.nextUrl.protocol === "https:" ? "wss" : "ws"}://${request.headers.get("host") ?? request.nextUrl.host}`;
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${process.env.NODE_ENV === "development" ? " 'unsafe-eval'" : ""}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self' ${socket}`,
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set(pathHeader, request.nextUrl.pathname + request.nextUrl.search);
  headers.set("content-security-policy", policy);
  const place = splitEnvironmentPath(request.nextUrl.pathname);
  if (place === null) headers.delete(environmentHeader);
  else headers.set(environmentHeader, place.base);
  const response =
    place === null
      ? NextResponse.next({ request: { headers } })
      : NextResponse.rewrite(pageOf(request, place.rest), { request: { headers } });
  response.headers.set("content-security-policy", policy);
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("referrer-policy", "same-origin");
  return response;
}

function pageOf(request: NextRequest, path: string): URL {
  const url = request.nextUrl.clone();
  url.pathname = path;
  return url;
}

export const config = { matcher: ["/((?!api|_next/static|_next/image|realtime|favicon.ico).*)"] };
