import type { ErrorBody } from "@/lib/contracts/dashboard";
import { environmentBase } from "./environment";
import { reach } from "./reach";

/**
 * The dashboard's requests to our own API. Answers are trusted to have the shape of lib/contracts: both come from the same
 * build, and reading them with zod would cost every page its 90 KB.
 */

/** A request that our API refused or that did not come through (`status` 0). */
export class RequestError extends Error {
  readonly status: number;
  readonly param: string | undefined;
  readonly issues: readonly { path: string; message: string }[];
  constructor(status: number, message: string, body?: ErrorBody) {
    super(message);
    this.name = "RequestError";
    this.status = status;
    this.param = body?.param;
    this.issues = body?.issues ?? [];
  }
}

async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${environmentBase()}${path}`, {
      ...init,
      credentials: "same-origin",
      headers: { accept: "application/json", ...Object.fromEntries(new Headers(init.headers)) },
    });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    reach.heard(false);
    throw new RequestError(0, "The server did not answer. Check that it runs and try again.");
  }
  reach.heard(true);
  if (response.ok) return response;
  if (response.status === 401 && path.startsWith("/api/dashboard/"))
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  const text = await response.text();
  const body = readJson(text);
  throw isErrorBody(body)
    ? new RequestError(response.status, body.error, body)
    : new RequestError(response.status, `The server answered ${response.status}.`);
}

const isErrorBody = (body: unknown): body is ErrorBody =>
  typeof body === "object" && body !== null && typeof Reflect.get(body, "error") === "string";

/** Undefined for anything that is not JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** GET with the session cookie. */
export async function getJson<Body>(path: string, signal?: AbortSignal): Promise<Body> {
  const response = await request(path, signal ? { signal } : {});
  // Trusted, as said above.
  return (await response.json()) as Body;
}

/** Anything that changes something. */
export async function sendJson<Body = unknown>(
  path: string,
  options: { method?: "POST" | "PUT" | "DELETE" | "PATCH"; json?: unknown } = {},
): Promise<Body> {
  const response = await request(path, {
    method: options.method ?? "POST",
    headers: { "content-type": "application/json" },
    ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
  });
  // Trusted, as said above.
  return readJson(await response.text()) as Body;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
