import { Hono } from "hono";
import { z } from "zod";
import { Email, NewPassword, PasswordBody, passwordLength, PersonName } from "@/lib/contracts/people";
import { EngineError } from "../../engine/error";
import { createAttempts } from "../attempts";
import { audit } from "../audit";
import { readJson } from "../body";
import { remoteAddress, sessionOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { requires } from "../requires";
import { createFirstAdmin, isSetupCode, setupIsOpen } from "../setup-code";
import { answerSignedIn, guardVisitor, markOf, refuseWeak, setCookies, visitorOf } from "../visitor";

const SetupBody = z.object({ code: z.string().min(1).max(200), name: PersonName, email: Email, password: NewPassword });
const SignInBody = z.object({ email: z.string().max(254), password: z.string().max(passwordLength.max) });

/** Of the current password, when it is changed: per session, so that a stolen one cannot use up its owner's. */
const changesPerWindow = 5;
const changeWindowMs = 15 * 60_000;

export function signInRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, signIn, guesses, settingPasswords } = context;
  const app = new Hono<ApiEnv>();
  const changes = createAttempts({ perWindow: () => changesPerWindow, windowMs: changeWindowMs });
  const anyone = requires(context, { allow: "anyone" });

  app.get("/api/setup", anyone, async (c) => c.json({ open: await setupIsOpen(engine.db) }));

  app.post("/api/setup", anyone, async (c) => {
    guardVisitor(context, c);
    const body = await readJson(c, SetupBody);
    await settingPasswords(() => setUp(body));
    await audit(context, { actor: { name: body.email }, action: "setup", target: body.email });
    return answerSignedIn(context, c, body);
  });

  async function setUp({ password, ...body }: z.infer<typeof SetupBody>): Promise<void> {
    // No guess at 192 random bits succeeds, so guesses are not counted: counting would let a stranger use up the attempts of others.
    if (!(await isSetupCode(engine.db, body.code))) throw await setupRefusal();
    await refuseWeak(password, { field: "password", about: [body.name, body.email] });
    const outcome = await createFirstAdmin(engine.db, { ...body, passwordHash: await signIn.hash(password) });
    if (outcome === "refused") throw await setupRefusal();
    if (outcome === "address taken")
      throw new EngineError(409, "Somebody with this address is here already. Take another one.", {
        code: "address_taken",
        param: "email",
      });
  }

  async function setupRefusal(): Promise<EngineError> {
    const reason = (await setupIsOpen(engine.db))
      ? "This sign-in link is not valid. Take the one that the server has printed at its latest start, all of it."
      : "This sign-in link was used already or is not valid: the first admin is there. Sign in, or have an admin invite you.";
    return new EngineError(403, reason, { code: "setup_closed", param: "code" });
  }

  app.post("/api/auth/sign-in/email", anyone, async (c) => {
    guardVisitor(context, c);
    const { email: given, password } = await readJson(c, SignInBody);
    const email = given.trim().toLowerCase();
    const attempt = guesses.take({ email, address: remoteAddress(context, c), mark: markOf(c) });
    if (attempt === null) throw tooMany(c, guesses.retryAfter());
    const cookies = await signIn.begin({ email, password }, visitorOf(context, c));
    if (cookies === null) throw new EngineError(401, "The e-mail address or the password is wrong.", { code: "wrong_sign_in" });
    attempt.succeeded();
    await audit(context, { actor: { name: email }, action: "sign-in", target: email });
    setCookies(context, c, { email, cookies });
    return c.json({ signedIn: true });
  });

  app.post("/api/auth/sign-out", anyone, async (c) => {
    guardVisitor(context, c);
    const session = await signIn.session(c.req.raw.headers);
    for (const line of await signIn.end(visitorOf(context, c))) c.header("set-cookie", line, { append: true });
    context.credentials.forget();
    if (session !== null) await audit(context, { actor: session, action: "sign-out", target: session.user.email });
    return c.json({ signedIn: false });
  });

  app.post("/api/auth/change-password", requires(context, { allow: "session", role: "viewer" }), async (c) => {
    const principal = sessionOf(c);
    const { email, name } = principal.user;
    const passwords = await readJson(c, PasswordBody);
    const attempt = changes.take([principal.sessionId]);
    if (attempt === null) throw tooMany(c, changes.retryAfter());
    const cookies = await settingPasswords(async () => {
      await refuseWeak(passwords.newPassword, { field: "newPassword", about: [name, email] });
      return signIn.changePassword(passwords, visitorOf(context, c));
    });
    if (cookies === null)
      throw new EngineError(400, "The current password is wrong.", { code: "wrong_password", param: "currentPassword" });
    attempt.succeeded();
    await audit(context, { actor: principal, action: "password.change", target: email });
    setCookies(context, c, { email, cookies });
    return c.json({ changed: true });
  });

  return app;
}

function tooMany(c: ApiRequest, seconds: number): EngineError {
  c.header("retry-after", String(seconds));
  const wait = seconds > 60 ? `${Math.ceil(seconds / 60)} minutes` : "a minute";
  return new EngineError(429, `Too many wrong attempts. Wait ${wait} and try again.`, { code: "too_many_attempts" });
}
