import type { Hono, MiddlewareHandler } from "hono";
import type { Role } from "@/lib/contracts/dashboard";
import type { Action } from "@/lib/contracts/scope";
import { askedBy } from "../db/asker";
import { EngineError } from "../engine/error";
import { allowOrigin } from "./cors";
import { authorize, roleCovers, roleFor, type Wish } from "./authorize";
import { remoteAddress, setHeader, type ApiContext, type ApiEnv, type ApiRequest } from "./context";
import { isScoped, type Principal } from "./principal";
import { rateHeaders } from "./rate-limits";
import { sameOrigin } from "./same-origin";

/** Who may call a route. A route without a rule is refused when the API is made: see `assertRules`. */
export type Rule =
  /** Needs no credential, or (`proof`) carries its own in the address, which the handler checks. */
  | { allow: "anyone"; cors?: "any" }
  | { allow: "proof"; cors?: "any" }
  /** A signed-in person of at least this role. */
  | { allow: "session"; role: Role }
  /**
   * Secret key, or a signed-in person whose role covers the action; a run's code reads, and does what is `fromRuns`. A key that may
   * not do everything is let in by what it `wants`, and not at all without; `any key`: the handler asks what the key may.
   */
  | ({ allow: "key"; action: Action; wants?: Wants | "any key"; persons?: true } & FromRuns)
  /** Also a public token with a scope for what `wants` names. Only these answer other origins: browsers use them. */
  | ({ allow: "scope"; action: Action; wants: Wants } & FromRuns)
  /** Like `scope`, but what is wanted is in the body: the handler calls `authorizeItem` before it does anything. */
  | ({ allow: "perItem"; action: Action } & FromRuns);

type Wants = (c: ApiRequest) => Omit<Wish, "action"> | Promise<Omit<Wish, "action">>;

interface FromRuns {
  /** The SDK makes this call from inside runs, with the run's own token; what it does over its worker's channel is none. */
  fromRuns?: true;
}

type Door = Pick<ApiContext, "credentials" | "config" | "rateLimits">;

const ruleMark = Symbol("rule");
interface Marked {
  [ruleMark]: Rule;
}
const isMarked = (value: object): value is Marked => ruleMark in value;
export const ruleOf = (handler: object): Rule | null => (isMarked(handler) ? handler[ruleMark] : null);

/** Middleware in front of every route: authenticates, then authorises by the rule. */
export function requires(context: Door, rule: Rule): MiddlewareHandler<ApiEnv> {
  const handler: MiddlewareHandler<ApiEnv> = async (c, next) => {
    if (answersOtherOrigins(rule)) allowOrigin(c);
    const answer = async () => {
      c.set("principal", await admit(context, c, rule));
      await next();
    };
    // What has an effect goes on without its client, and the engine's loops that it may have started work for all.
    await (c.req.method === "GET" ? askedBy(() => c.req.raw.signal, answer) : answer());
    if (rule.allow === "perItem" && c.get("authorised") !== true && c.res.status < 400)
      throw new Error(`${c.req.method} ${c.req.path} did not authorise its items`);
  };
  return Object.assign(handler, { [ruleMark]: rule });
}

export function answersOtherOrigins(rule: Rule): boolean {
  switch (rule.allow) {
    case "scope":
    case "perItem":
      return true;
    case "anyone":
    case "proof":
      return rule.cors === "any";
    case "session":
    case "key":
      return false;
  }
}

async function admit(context: Door, c: ApiRequest, rule: Rule): Promise<Principal | null> {
  if (rule.allow === "anyone" || rule.allow === "proof") return null;
  const principal = await context.credentials.authenticate(c.req.raw.headers);
  if (principal === null) throw new EngineError(401, missing(rule));
  const rate = context.rateLimits?.take(principal, { path: c.req.path, address: () => remoteAddress(context, c) }) ?? null;
  if (rate !== null) for (const [name, value] of Object.entries(rateHeaders(rate))) setHeader(c, name, value);
  if (principal.kind === "session") guardCookie(c, context.config.origin());
  if (principal.kind === "person" && !(rule.allow === "key" && rule.persons === true))
    throw new EngineError(401, "A personal access token cannot be used here; this needs a secret key of the environment (tr_…).");
  switch (rule.allow) {
    case "session":
      if (principal.kind !== "session")
        throw new EngineError(401, "This is for the dashboard: it needs a signed-in session, not a key or token.");
      if (!roleCovers(principal.user.role, rule.role)) {
        throw new EngineError(403, `Your role (${principal.user.role}) may not do this; it needs ${rule.role}.`, { code: "unauthorized" });
      }
      return principal;
    case "key":
      guardRun(principal, rule);
      if (principal.kind === "public")
        throw new EngineError(401, "A public access token cannot be used here; this needs a secret key (tr_…).");
      if (isScoped(principal) && rule.wants === "any key") return principal;
      authorize(principal, {
        action: rule.action,
        ...(isScoped(principal) && typeof rule.wants === "function" ? await rule.wants(c) : { resources: [] }),
      });
      return principal;
    case "scope":
      guardRun(principal, rule);
      authorize(principal, { action: rule.action, ...(isScoped(principal) ? await rule.wants(c) : { resources: [] }) });
      return principal;
    case "perItem":
      guardRun(principal, rule);
      if (principal.kind === "session" && !roleCovers(principal.user.role, roleFor(rule.action)))
        authorize(principal, { action: rule.action, resources: [] });
      return principal;
  }
}

/** What leaks from a run must not be as good as a key. */
function guardRun(principal: Principal, rule: { action: Action } & FromRuns): void {
  if (principal.kind !== "run" || rule.action === "read" || rule.fromRuns === true) return;
  throw new EngineError(403, "A run's own token may not do this. Use the SDK's call for it, or a secret key.", { code: "unauthorized" });
}

function missing(rule: Rule): string {
  if (rule.allow === "session") return "Sign in first.";
  return "Invalid or missing API key: send `Authorization: Bearer <secret key or public access token>`.";
}

/** A cookie is sent by the browser whoever asks, so what it does is confined to our own pages, and to JSON. */
function guardCookie(c: ApiRequest, origin: string): void {
  if (!sameOrigin(c.req.raw.headers, origin))
    throw new EngineError(403, "This request comes from another site. Use the dashboard's own pages, or an API key.", {
      code: "cross_site",
    });
  if (c.req.method === "GET" || c.req.method === "HEAD") return;
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json" && type !== "application/x-ndjson") {
    throw new EngineError(403, "Send this with the header `content-type: application/json`.", { code: "cross_site" });
  }
}

/** Inside a `perItem` route. */
export function authorizeItem(c: ApiRequest, principal: Principal, wish: Wish): void {
  authorize(principal, wish);
  c.set("authorised", true);
}

/** Throws for the first route that has no rule: it would answer anybody. */
export function assertRules(app: Pick<Hono<ApiEnv>, "routes">): void {
  const open = new Set<string>();
  const ruled = new Set<string>();
  for (const { method, path, handler } of app.routes) {
    if (method === "ALL" && path.endsWith("*")) continue;
    const name = `${method} ${path}`;
    if (ruleOf(handler) !== null) ruled.add(name);
    // The rule must come first: a handler in front of it would answer without it.
    else if (!ruled.has(name)) open.add(name);
  }
  if (open.size > 0) throw new Error(`routes without a rule: ${[...open].join(", ")}`);
}
