import { Hono } from "hono";
import { isConnectionError } from "../db/errors";
import type { Uploads } from "../db/uploads";
import type { Engine } from "../engine/engine";
import type { Variables } from "../engine/variables/variables";
import type { Logger } from "../log";
import { absentFeature } from "./absent-features";
import { isGone, setHeader, type ApiConfig, type ApiContext, type ApiEnv, type ApiRequest, type DeployReceiver } from "./context";
import { preflight } from "./cors";
import { createCredentials, type Credentials } from "./credentials";
import { alertRoutes } from "./dashboard/alerts";
import { auditRoutes } from "./dashboard/audit";
import { batchPageRoutes } from "./dashboard/batches";
import { bulkRoutes } from "./dashboard/bulk";
import { deploymentPageRoutes } from "./dashboard/deployments";
import { environmentPageRoutes } from "./dashboard/environments";
import { errorPageRoutes } from "./dashboard/errors";
import { exportRoutes } from "./dashboard/export";
import { keyRoutes } from "./dashboard/keys";
import { pageRoutes } from "./dashboard/pages";
import { peopleRoutes } from "./dashboard/people";
import { personalTokenRoutes } from "./dashboard/personal-tokens";
import { publicTokenRoutes } from "./dashboard/public-tokens";
import { queuePageRoutes } from "./dashboard/queues";
import { schedulePageRoutes } from "./dashboard/schedules";
import { taskRoutes } from "./dashboard/tasks";
import { settingsRoutes } from "./dashboard/settings";
import { tokenPageRoutes } from "./dashboard/tokens";
import { variablePageRoutes } from "./dashboard/variables";
import { viewRoutes } from "./dashboard/views";
import type { EnvironmentDesk } from "./environment-desk";
import { createHotTrigger, type HotTrigger } from "./hot-trigger";
import type { House } from "./house";
import type { Issuer } from "./issuer";
import { answerProblem, toProblem } from "./problem";
import { createRateLimits } from "./rate-limits";
import { realtimeRoutes } from "./realtime/realtime";
import { answersOtherOrigins, assertRules, ruleOf, type Rule } from "./requires";
import { accessRoutes } from "./routes/access";
import { batchRoutes } from "./routes/batches";
import { bulkActionRoutes } from "./routes/bulk-actions";
import { errorRoutes } from "./routes/errors";
import { callbackRoutes } from "./routes/callback";
import { deployRoutes } from "./routes/deploy";
import { deploymentRoutes } from "./routes/deployments";
import { openApiRoutes } from "./routes/openapi";
import { packetRoutes } from "./routes/packets";
import { personLinkRoutes } from "./routes/person-links";
import { environmentRoutes } from "./routes/environment";
import { environmentsRoutes } from "./routes/environments";
import { queueRoutes } from "./routes/queues";
import { runChangeRoutes } from "./routes/run-changes";
import { runRoutes } from "./routes/runs";
import { concurrencyLimitRoutes } from "./routes/concurrency-limits";
import { scheduleRoutes } from "./routes/schedules";
import { signInRoutes } from "./routes/sign-in";
import { tokenRoutes } from "./routes/tokens";
import { createStopping } from "./stopping";
import { triggerRoutes } from "./routes/trigger";
import { variableRoutes } from "./routes/variables";

export interface ApiOptions {
  house: House;
  environments: EnvironmentDesk;
  /** Keys, tokens or sessions were changed. */
  onForget?: () => void;
  /** Of the environment whose API it is. */
  engine: Engine;
  issuer: Issuer;
  variables: Variables;
  uploads: Uploads;
  receiver: DeployReceiver;
  alerts: ApiContext["alerts"];
  config: ApiConfig;
  log: Logger;
}

export interface Api {
  app: Hono<ApiEnv>;
  /** For the WebSocket gateway: who asks, and whether that still holds. */
  credentials: Credentials;
  /** A GET by a caller of this process, who has the token. `path`: with its query. */
  ask(token: string, path: string, signal: AbortSignal): Response | Promise<Response>;
  /** Asked before `app`. */
  hotTrigger: HotTrigger;
  /** Answers what is held open, before the server closes its connections. */
  stop(): void;
}

export function createApi(options: ApiOptions): Api {
  const { house, onForget = () => {}, ...own } = options;
  const { engine, log } = own;
  const credentials = createCredentials({
    db: engine.db,
    env: engine.env,
    keys: house.keys,
    log,
    signIn: house.signIn,
    onForget,
    tokenLifeMs: own.config.tokenLifeMs,
    isLive: (runId, epoch) => engine.live.get(runId)?.epoch === epoch,
  });
  const stopping = createStopping();
  stopping.onStop(engine.ends.stop);
  const context: ApiContext = {
    ...house,
    ...own,
    credentials,
    stopping,
    rateLimits: own.config.rateLimits === null ? null : createRateLimits(own.config.rateLimits),
  };

  const app = new Hono<ApiEnv>();
  app.use("*", securityHeaders);
  for (const routes of rooms) app.route("/", routes(context));
  app.route(
    "/",
    openApiRoutes(context, () => app.routes),
  );
  app.onError((error, c) => {
    // Nobody hears it, and what broke is the client's connection, not the database's.
    if (isConnectionError(error) && isGone(c)) return answerProblem(c, { status: 400, body: { error: "The client went away." } });
    const problem = toProblem(error, log, `${c.req.method} ${c.req.path}`);
    // A batch that may have been made is not made again.
    if (problem.status === 500 && c.req.path === "/api/v3/batches") problem.retry = false;
    return answerProblem(c, problem);
  });
  app.notFound((c) => unmatched(app, c));
  assertRules(app);
  const ask = (token: string, path: string, signal: AbortSignal) =>
    app.request(path, { headers: { authorization: `Bearer ${token}`, "x-trigger-electric-version": "1.0.0-beta.1" }, signal });
  return { app, credentials, ask, hotTrigger: createHotTrigger(context), stop: stopping.stop };
}

const rooms: readonly ((context: ApiContext) => Hono<ApiEnv>)[] = [
  triggerRoutes,
  batchRoutes,
  runRoutes,
  runChangeRoutes,
  bulkActionRoutes,
  errorRoutes,
  callbackRoutes,
  tokenRoutes,
  queueRoutes,
  environmentRoutes,
  environmentsRoutes,
  scheduleRoutes,
  concurrencyLimitRoutes,
  packetRoutes,
  accessRoutes,
  variableRoutes,
  deploymentRoutes,
  deployRoutes,
  signInRoutes,
  personLinkRoutes,
  pageRoutes,
  exportRoutes,
  viewRoutes,
  auditRoutes,
  batchPageRoutes,
  bulkRoutes,
  environmentPageRoutes,
  errorPageRoutes,
  taskRoutes,
  tokenPageRoutes,
  queuePageRoutes,
  alertRoutes,
  settingsRoutes,
  schedulePageRoutes,
  keyRoutes,
  peopleRoutes,
  personalTokenRoutes,
  publicTokenRoutes,
  variablePageRoutes,
  deploymentPageRoutes,
  realtimeRoutes,
];

/** Set before the route runs, so that errors carry them too; a route may replace `cache-control`. */
function securityHeaders(c: ApiRequest, next: () => Promise<void>): Promise<void> {
  setHeader(c, "x-content-type-options", "nosniff");
  setHeader(c, "referrer-policy", "same-origin");
  setHeader(c, "content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  setHeader(c, "cache-control", "no-store");
  return next();
}

/** No route for this method and path: a preflight, a wrong method, or nothing at all. */
function unmatched(app: Hono<ApiEnv>, c: ApiRequest): Response {
  const rules = methods.flatMap((method) => {
    const rule = ruleFor(app, method, c.req.path);
    return rule === null ? [] : [{ method, rule }];
  });
  if (rules.length === 0) return unknownPath(c);
  const open = rules.filter(({ rule }) => answersOtherOrigins(rule)).map(({ method }) => method);
  if (c.req.method === "OPTIONS" && open.length > 0) {
    c.header("access-control-allow-origin", "*");
    return preflight(c, open);
  }
  if (open.length > 0) c.header("access-control-allow-origin", "*");
  const allowed = rules.map(({ method }) => method);
  c.header("allow", [...allowed, ...(allowed.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", "));
  if (c.req.method === "OPTIONS") return c.body(null, 204);
  return answerProblem(c, { status: 405, body: { error: `${c.req.method} is not allowed here; use ${allowed.join(" or ")}.` } });
}

function unknownPath(c: ApiRequest): Response {
  const absent = absentFeature(c.req.path);
  // For the published hooks in a browser: what says nothing of other origins is a network error to them, which they try again.
  if (absent !== null) c.header("access-control-allow-origin", "*");
  if (absent !== null && c.req.method === "OPTIONS") return preflight(c, methods);
  const body =
    absent === null
      ? { error: `No such endpoint: ${c.req.method} ${c.req.path.slice(0, 200)}` }
      : { error: absent, code: "feature_unavailable" };
  return answerProblem(c, { status: 404, body, retry: false });
}

const methods = ["GET", "POST", "PUT", "DELETE"] as const;

function ruleFor(app: Hono<ApiEnv>, method: string, path: string): Rule | null {
  for (const [match] of app.router.match(method, path)[0]) {
    // Hono's own entry: the handler, and the route it was registered for.
    const rule = ruleOf(match[0]);
    if (rule !== null) return rule;
  }
  return null;
}
