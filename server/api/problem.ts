import { randomBytes } from "node:crypto";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Abandoned, isConnectionError, Overdue, Unavailable } from "../db/errors";
import { StorageUnavailable } from "../db/s3-packets";
import { EngineError } from "../engine/error";
import { VariableErrors } from "../engine/variables/variables";
import type { Logger } from "../log";
import type { ApiRequest } from "./context";
import { ScopesDenied } from "./mint";
import { RateLimited, rateHeaders } from "./rate-limits";

interface Problem {
  status: ContentfulStatusCode;
  body: {
    error: string;
    title?: string;
    status?: number;
    detail?: string;
    reset?: number;
    limit?: number;
    remaining?: number;
    code?: string;
    param?: string;
    type?: string;
    issues?: readonly { path: string; message: string }[];
    deniedScopes?: readonly string[];
    variableErrors?: readonly { key: string; error: string }[];
  };
  /** Only where the client's own rule by status is wrong (it retries 408, 409, 429 and 5xx). */
  retry?: boolean;
  headers?: Record<string, string>;
}

/** The only place where an exception becomes an answer. */
export function toProblem(error: unknown, log: Logger, path: string): Problem {
  if (error instanceof RateLimited) return rateProblem(error);
  if (error instanceof EngineError) {
    const { status, message, code, param, issues } = error;
    return {
      status,
      body: {
        error: message,
        ...(code !== undefined && { code }),
        ...(param !== undefined && { param }),
        ...(code === "unauthorized" && { type: "authorization" }),
        ...(issues !== undefined && { issues }),
        ...(error instanceof ScopesDenied && { deniedScopes: error.deniedScopes }),
        ...(error instanceof VariableErrors && { variableErrors: error.errors }),
      },
      // What conflicts now will conflict again; an unknown task is named so that nobody retries into it.
      ...((status === 409 || code === "task_not_found") && { retry: false }),
    };
  }
  if (error instanceof StorageUnavailable) {
    log.warn("request refused: the packet storage is unavailable", { path, error });
    return {
      status: 503,
      body: { error: "The storage of large payloads is unavailable just now. Try again shortly.", code: "unavailable" },
    };
  }
  if (error instanceof Unavailable || isConnectionError(error) || isPrismaConnectionError(error)) {
    log.warn("request refused: database unavailable", { path, error });
    return { status: 503, body: { error: "The database is unavailable just now. Try again shortly.", code: "unavailable" } };
  }
  // Nobody reads this answer.
  if (error instanceof Abandoned) return { status: 503, body: { error: error.message, code: "abandoned" } };
  if (error instanceof Overdue) {
    log.warn("a list was stopped: it took too long", { path });
    return { status: 503, body: { error: error.message, code: "too_slow" }, retry: false };
  }
  const data = dataProblem(error);
  if (data !== null) return data;
  const reference = randomBytes(6).toString("hex");
  log.error("request failed", { reference, path, error });
  return { status: 500, body: { error: `Internal server error. The server's log has the details under ${reference}.`, code: "internal" } };
}

export function answerProblem(c: ApiRequest, problem: Problem): Response {
  return c.json(problem.body, problem.status, problemHeaders(problem));
}

export const problemHeaders = ({ retry, headers }: Problem): Record<string, string> => ({
  ...(retry !== undefined && { "x-should-retry": String(retry) }),
  ...headers,
});

/** RFC 9457, as the hosted service answers it. */
function rateProblem({ message, code, state }: RateLimited): Problem {
  const { limit, remaining, resetAt: reset } = state;
  const body = {
    title: "Rate Limit Exceeded",
    status: 429,
    type: "https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/429",
    detail: message,
    reset,
    limit,
    remaining,
    error: message,
    ...(code !== undefined && { code }),
  };
  return { status: 429, body, headers: { ...rateHeaders(state), "content-type": "application/problem+json" } };
}

/** For the statuses that only HTTP knows: 405, 411, 415. */
export function refuse(c: ApiRequest, status: 405 | 411 | 415, error: string): Response {
  return c.json({ error }, status);
}

export function notFound(what: string): EngineError {
  return new EngineError(404, `${what} not found.`);
}

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "");

/** Prisma's own codes of a database that cannot be reached, or whose connections are all taken. */
const isPrismaConnectionError = (error: unknown): boolean => /^(P1\d{3}|P2024)$/.test(codeOf(error));

/**
 * Values that PostgreSQL refuses to store or to compare (class 22: a NUL or half a surrogate pair; 54000: longer than an index
 * holds). Payloads never get here, for they are encoded; names and keys are refused.
 */
function dataProblem(error: unknown): Problem | null {
  const code = codeOf(error);
  if (/^22[0-9A-Z]{3}$/.test(code))
    return {
      status: 400,
      body: { error: "A name, key, tag or id contains characters that cannot be stored, such as NUL or an unpaired surrogate." },
    };
  if (code === "54000") return { status: 422, body: { error: "A name, key or tag is too long to be looked up." } };
  return null;
}
