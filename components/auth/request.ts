"use client";
import type { ErrorBody } from "@/lib/contracts/dashboard";

/** A refusal is data: pages show it beside the field it is about. `status` 0: the server could not be reached. */
export type Answer<Value> = { ok: true; value: Value } | { ok: false; status: number; problem: ErrorBody };

const unreachable: ErrorBody = { error: "The server cannot be reached. Check that it runs; nothing was changed if it did not answer." };

/**
 * A request of the signed-in user to our own API. The answer's shape is the one of lib/contracts, and is trusted: it is
 * our own server of the same build, and reading it with zod would cost every page 90 KB.
 */
export async function send<Value>(path: string, options: { method?: "GET" | "POST" | "PUT" | "DELETE"; body?: unknown; signal?: AbortSignal } = {}): Promise<Answer<Value>> {
  const { method = options.body === undefined ? "GET" : "POST", body, signal } = options;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      // The server takes a cookie's word only with this type, so that no form of another site can send it.
      ...(method === "GET" ? {} : { body: JSON.stringify(body ?? {}), headers: { "content-type": "application/json" } }),
      ...(signal === undefined ? {} : { signal }),
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch {
    return { ok: false, status: 0, problem: unreachable };
  }
  const text = await response.text();
  const parsed = readJson(text);
  if (response.ok) return { ok: true, value: parsed as Value }; // trusted, as said above
  return { ok: false, status: response.status, problem: toProblem(parsed, response.status, text) };
}

function readJson(text: string): unknown {
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** better-auth says `message`, our API says `error`. */
function toProblem(body: unknown, status: number, text: string): ErrorBody {
  if (typeof body === "object" && body !== null) {
    if ("error" in body && typeof body.error === "string") return body as ErrorBody; // shape of every error of our API
    if ("message" in body && typeof body.message === "string") return { error: body.message };
  }
  return { error: text.trim() === "" || text.includes("<html") ? `The server answered ${status}` : text.slice(0, 300) };
}

/** For React Query: the value, or a thrown error that keeps the status. */
export async function load<Value>(path: string, signal?: AbortSignal): Promise<Value> {
  const answer = await send<Value>(path, signal === undefined ? {} : { signal });
  if (answer.ok) return answer.value;
  if (answer.status === 401) window.location.assign(`/sign-in?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);
  throw new Error(answer.problem.error, { cause: answer.status });
}
