"use client";
import { messageOf, RequestError, sendJson } from "../live/api";

/** What a form needs to say beside its fields. */
export interface Problem {
  status: number;
  error: string;
  param: string | undefined;
  issues: readonly { path: string; message: string }[];
}
export type Answer<Value> = { ok: true; value: Value } | { ok: false; problem: Problem };

/** Acts through our API. A refusal is data here: it belongs beside the field that it is about. */
export async function send<Value = unknown>(
  path: string,
  body: unknown = {},
  method: "POST" | "PUT" | "DELETE" = "POST",
): Promise<Answer<Value>> {
  try {
    return { ok: true, value: await sendJson<Value>(path, { method, json: body }) };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

export function problemOf(error: unknown): Problem {
  return error instanceof RequestError
    ? { status: error.status, error: error.message, param: error.param, issues: error.issues }
    : { status: 0, error: messageOf(error), param: undefined, issues: [] };
}
