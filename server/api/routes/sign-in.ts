import { Hono } from "hono";
import { z } from "zod";
import { EngineError } from "../../engine/error";
import { createAttempts } from "../attempts";
import { audit } from "../audit";
import { readJson } from "../body";
import { remoteAddress, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { requires } from "../requires";
import { sameOrigin } from "../same-origin";
import { createFirstAdmin, setupIsOpen } from "../setup-code";
import { addressHeader, passwordLength } from "../sign-in";

const SetupBody = z.object({
  code: z.string().min(1).max(200),
  name: z.string().trim().min(1).max(100),
  email: z.email().max(254).transform((email) => email.toLowerCase()),
  password: z.string().min(passwordLength.min).max(passwordLength.max),
});
const SignInBody = z.object({ email: z.string().max(254), password: z.string().max(passwordLength.max) });

/** Wrong passwords and codes per minute: for one account, and from one address. */
const perAccount = 10;
const perAddress = 30;

export function signInRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, signIn, credentials } = context;
  const app = new Hono<ApiEnv>();
  const attempts = createAttempts({ perWindow: (name) => (name.startsWith("account ") ? perAccount : perAddress), windowMs: 60_000 });
  const anyone = requires(context, { allow: "anyone" });

  app.get("/api/setup", anyone, async (c) => c.json({ open: await setupIsOpen(engine.db) }));

  app.post("/api/setup", anyone, async (c) => {
    guard(c);
    const body = await readJson(c, SetupBody);
    const attempt = take(c, [`address ${remoteAddress(c)}`]);
    const { password } = await signIn.auth().$context;
    const made = await createFirstAdmin(engine.db, { ...body, passwordHash: await password.hash(body.password) });
    if (!made) throw new EngineError(403, "This sign-in link was used already or is not valid. Start the server again to get a new one, or sign in.", { code: "setup_closed", param: "code" });
    attempt.succeeded();
    await audit(context, { actor: { name: body.email }, action: "setup", target: body.email });
    return forward(c, "/api/auth/sign-in/email", { email: body.email, password: body.password });
  });

  app.post("/api/auth/sign-in/email", anyone, async (c) => {
    guard(c);
    const body = await readJson(c, SignInBody);
    const email = body.email.trim().toLowerCase();
    const attempt = take(c, [`account ${email}`, `address ${remoteAddress(c)}`]);
    const answer = await forward(c, "/api/auth/sign-in/email", { email, password: body.password });
    if (!answer.ok) {
      if (answer.status >= 500) return answer;
      throw new EngineError(401, "The e-mail address or the password is wrong.", { code: "wrong_sign_in" });
    }
    attempt.succeeded();
    await audit(context, { actor: { name: email }, action: "sign-in", target: email });
    return answer;
  });

  app.post("/api/auth/sign-out", anyone, async (c) => {
    guard(c);
    const session = await signIn.session(c.req.raw.headers);
    const answer = await forward(c, "/api/auth/sign-out", {});
    if (session !== null) await audit(context, { actor: session, action: "sign-out", target: session.user.email });
    return answer;
  });

  // Of the library's other paths only these: one that it adds some day is not open by itself, nor a second way to sign in.
  for (const path of ["/api/auth/get-session", "/api/auth/list-sessions"]) {
    app.get(path, anyone, async (c) => withOwnHeaders(c, await signIn.auth().handler(withAddress(c, c.req.raw))));
  }
  for (const path of ["/api/auth/change-password", "/api/auth/revoke-session", "/api/auth/revoke-sessions", "/api/auth/revoke-other-sessions"]) {
    app.post(path, anyone, async (c) => {
      guard(c);
      return forward(c, path, await readJson(c, z.record(z.string(), z.unknown())));
    });
  }

  function take(c: ApiRequest, names: readonly string[]): { succeeded(): void } {
    const attempt = attempts.take(names);
    if (attempt !== null) return attempt;
    c.header("retry-after", String(attempts.retryAfter()));
    throw new EngineError(429, "Too many wrong attempts. Wait a minute and try again.", { code: "too_many_attempts" });
  }

  /** Signing a visitor in or out is an effect too, with a cookie or without one. */
  function guard(c: ApiRequest): void {
    if (!sameOrigin(c.req.raw.headers, context.config.origin())) throw new EngineError(403, "This request comes from another site.", { code: "cross_site" });
    if (c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() !== "application/json") {
      throw new EngineError(403, "Send this with the header `content-type: application/json`.", { code: "cross_site" });
    }
  }

  async function forward(c: ApiRequest, path: string, body: object): Promise<Response> {
    const headers = new Headers(c.req.raw.headers);
    headers.delete("content-length");
    const url = new URL(path, c.req.url);
    const answer = await signIn.auth().handler(withAddress(c, new Request(url, { method: "POST", headers, body: JSON.stringify(body) })));
    credentials.forget();
    return withOwnHeaders(c, answer);
  }

  return app;
}

/** The library's answer with the headers that every answer of ours has. */
const withOwnHeaders = (c: ApiRequest, answer: Response): Response => c.newResponse(answer.body, answer);

/** What a client says about its address counts for nothing. */
function withAddress(c: ApiRequest, request: Request): Request {
  const headers = new Headers(request.headers);
  headers.set(addressHeader, remoteAddress(c));
  return request.method === "GET" ? new Request(request.url, { headers }) : new Request(request, { headers });
}
