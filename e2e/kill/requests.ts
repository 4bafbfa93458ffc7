import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome, Request, Sent } from "./witnesses";

/** HTTP of the driver, with its journal: each request, and what became of it as far as the caller knows. */
export interface Requests {
  readonly journal: Request[];
  inFlight(): number;
  /** Sends once. The body's id is the request's. */
  send(sent: Omit<Sent, "sentAt">, to: Call): Promise<Request & { body?: unknown }>;
  /** Sends until it is answered: only what carries a key, or changes nothing when it is repeated. Null: not within the time. */
  insist(sent: Omit<Sent, "sentAt">, to: Call): Promise<(Request & { body?: unknown }) | null>;
}

export interface Call {
  path: string;
  body: unknown;
  contentType?: string;
}

const replyWithinMs = 45_000;
/** A server that is started again answers within some seconds; what takes this long is lost. */
const insistMs = 90_000;
const pauseMs = 150;
/** Nobody listens: a start takes this long. */
const refusedPauseMs = 1_000;

export function createRequests(of: { origin: string; secretKey: string }): Requests {
  const journal: Request[] = [];
  let open = 0;

  async function send(sent: Omit<Sent, "sentAt">, { path, body, contentType = "application/json" }: Call) {
    const request: Request = { ...sent, sentAt: Date.now(), repliedAt: 0, outcome: "unknown" };
    open += 1;
    try {
      const response = await fetch(of.origin + path, {
        method: "POST",
        headers: { authorization: `Bearer ${of.secretKey}`, "content-type": contentType, "x-trigger-api-version": "2025-07-16" },
        body: typeof body === "string" ? body : JSON.stringify(body),
        signal: AbortSignal.timeout(replyWithinMs),
      });
      const text = await response.text();
      request.status = response.status;
      request.outcome = outcomeOf(response.status);
      if (request.outcome !== "ok") request.said = text;
      const answer: unknown = request.outcome === "ok" ? JSON.parse(text) : undefined;
      if (typeof answer === "object" && answer !== null && "id" in answer && typeof answer.id === "string") request.id = answer.id;
      return { ...note(request), body: answer };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      request.said = String(cause);
      // Nobody listened, so nobody heard it.
      if (typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ECONNREFUSED") request.outcome = "fail";
      return note(request);
    } finally {
      open -= 1;
    }
  }
  function note(request: Request): Request {
    request.repliedAt = Date.now();
    journal.push(request);
    return request;
  }

  return {
    journal,
    inFlight: () => open,
    send,
    async insist(sent, to) {
      const end = Date.now() + insistMs;
      while (Date.now() < end) {
        const request = await send(sent, to);
        // What is refused for its content is refused for ever.
        if (request.outcome === "ok" || (request.status !== undefined && request.status < 500)) return request;
        await sleep(request.outcome === "fail" ? refusedPauseMs : pauseMs);
      }
      return null;
    },
  };
}

/** What a server answers that cannot reach its database may have been done all the same. */
const outcomeOf = (status: number): Outcome => (status < 400 ? "ok" : status < 500 ? "fail" : "unknown");
