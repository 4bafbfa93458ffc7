import type { IncomingMessage } from "node:http";
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { ServerNotice } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import type { BundleUploads } from "../db/bundle-uploads";
import type { Uploads } from "../db/uploads";
import type { Engine } from "../engine/engine";
import type { Arriving } from "../engine/versions/arriving";
import type { ArrivedDeployment } from "../engine/versions/deployments";
import type { Variables } from "../engine/variables/variables";
import type { Logger } from "../log";
import type { Credentials } from "./credentials";
import type { EnvironmentDesk } from "./environment-desk";
import type { House } from "./house";
import type { Issuer } from "./issuer";
import type { Principal } from "./principal";
import type { RateLimits, RateLimitSettings } from "./rate-limits";
import type { Stopping } from "./stopping";

/** What every route works with. */
export interface ApiContext extends House {
  engine: Engine;
  environments: EnvironmentDesk;
  uploads: Uploads;
  credentials: Credentials;
  issuer: Issuer;
  variables: Variables;
  receiver: DeployReceiver;
  /** Null: it was taken; else why not. */
  alerts: { test(channelId: string, by: string): Promise<string | null> };
  config: ApiConfig;
  log: Logger;
  stopping: Stopping;
  /** Null: nothing is counted. */
  rateLimits: RateLimits | null;
}

/** Makes versions of what was uploaded. */
export interface DeployReceiver {
  uploads: BundleUploads;
  /** Begins; the deployment's row says how far it is and how it ended. */
  deploy(arriving: Arriving, goes: ArrivedDeployment["goes"]): void;
}

export interface ApiConfig {
  /** Public address of this server without a trailing slash, known once it listens. */
  origin(): string;
  mode: "production" | "development";
  /** Version of this program. */
  version: string;
  notices(): readonly ServerNotice[];
  /** Names in the project's .env files, and the file that has the last word. */
  variableFiles(): Record<string, string>;
  /** A public token that ends later than so long from now is refused. */
  tokenLifeMs: number;
  rateLimits: RateLimitSettings | null;
  /** Where a request comes from, what trusted proxies say included. */
  clientAddress(request: Pick<IncomingMessage, "headers" | "socket">): string;
}

/** Hono's types: `incoming` is there when a Node server serves, not in `app.request(…)`. */
export interface ApiEnv {
  Bindings: Partial<HttpBindings>;
  Variables: {
    /** Set by `requires`; never null behind a rule that asks for a credential. */
    principal: Principal | null;
    /** The run of the path, when the rule had to read it. */
    run: RunRow | null | undefined;
    /** Set when a `perItem` route has authorised what it was asked for. */
    authorised: true | undefined;
  };
}
export type ApiRequest = Context<ApiEnv>;

/** The principal behind a rule that asks for one. */
export function principalOf(c: ApiRequest): Principal {
  const principal = c.get("principal");
  // `requires` has refused the request otherwise.
  if (principal === null || principal === undefined)
    throw new Error(`route ${c.req.path} reads a principal that its rule does not ask for`);
  return principal;
}

/** The signed-in person behind a rule that asks for a session. */
export function sessionOf(c: ApiRequest): Extract<Principal, { kind: "session" }> {
  const principal = principalOf(c);
  if (principal.kind !== "session") throw new Error(`route ${c.req.path} reads a session that its rule does not ask for`);
  return principal;
}

/** The id that the published clients keep over the retries of one call. */
export const requestKeyOf = (c: ApiRequest): { requestKey?: string } => requestKeyIn((name) => c.req.header(name));
export function requestKeyIn(header: (name: string) => string | undefined): { requestKey?: string } {
  const requestKey = header("x-trigger-request-idempotency-key");
  return requestKey === undefined || requestKey === "" ? {} : { requestKey };
}

/** The connection that the request came by has ended. */
export const isGone = (c: ApiRequest): boolean => c.env?.incoming?.socket.destroyed === true;

export function remoteAddress(context: Pick<ApiContext, "config">, c: ApiRequest): string {
  const incoming = c.env?.incoming;
  return incoming === undefined ? "unknown" : context.config.clientAddress(incoming);
}

/**
 * A header of every answer to this request, errors too; what the route itself sets comes over it. It goes to Node's response where
 * there is one: with `c.header` each answer would be built from a Headers object, a tenth of a short request.
 */
export function setHeader(c: ApiRequest, name: string, value: string): void {
  const outgoing = c.env?.outgoing;
  if (outgoing !== undefined && "setHeader" in outgoing) outgoing.setHeader(name, value);
  else c.header(name, value);
}
