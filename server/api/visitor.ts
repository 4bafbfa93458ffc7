import { getCookie, setCookie } from "hono/cookie";
import type { SignedIn } from "@/lib/contracts/people";
import type { z } from "zod";
import { EngineError } from "../engine/error";
import { passwordWeakness } from "../people/password";
import { remoteAddress, type ApiContext, type ApiRequest } from "./context";
import { sameOrigin } from "./same-origin";
import type { Cookies, Visitor } from "./sign-in";

/** Signing a visitor in or out is an effect too, with a cookie or without one. */
export function guardVisitor({ config }: Pick<ApiContext, "config">, c: ApiRequest): void {
  if (!sameOrigin(c.req.raw.headers, config.origin()))
    throw new EngineError(403, "This request comes from another site.", { code: "cross_site" });
  if (c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() !== "application/json") {
    throw new EngineError(403, "Send this with the header `content-type: application/json`.", { code: "cross_site" });
  }
}

export const visitorOf = (context: Pick<ApiContext, "config">, c: ApiRequest): Visitor => ({
  cookie: c.req.header("cookie"),
  agent: c.req.header("user-agent")?.slice(0, 300),
  address: remoteAddress(context, c),
});

const markCookie = "signalbox.browser";
const markSeconds = 365 * 86_400;
export const markOf = (c: ApiRequest): string | undefined => getCookie(c, markCookie);

/** Sets what the sign-in has made, and marks the browser as one in which this account is used. */
export function setCookies(
  { guesses, config, credentials }: Pick<ApiContext, "guesses" | "config" | "credentials">,
  c: ApiRequest,
  { email, cookies }: { email: string; cookies: Cookies },
): void {
  credentials.forget();
  for (const line of cookies) c.header("set-cookie", line, { append: true });
  if (guesses.isMarked(email, markOf(c))) return;
  // Sent back where it is looked at only.
  setCookie(c, markCookie, guesses.browserMark(email), {
    path: "/api/auth",
    httpOnly: true,
    sameSite: "Lax",
    secure: config.origin().startsWith("https:"),
    maxAge: markSeconds,
  });
}

/**
 * For who has just set a password. The answer says what happened: the account is made or changed whatever becomes of the session,
 * of which it says no more than whether there is one.
 */
export async function answerSignedIn(
  context: ApiContext,
  c: ApiRequest,
  person: { name: string; email: string; password: string },
): Promise<Response> {
  const { email, name, password } = person;
  const cookies = await context.signIn.begin({ email, password }, visitorOf(context, c)).catch((error: unknown) => {
    context.log.warn("the account is there, but its first session could not be begun", { error });
    return null;
  });
  if (cookies !== null) setCookies(context, c, { email, cookies });
  const body: z.infer<typeof SignedIn> = { user: { name, email }, signedIn: cookies !== null };
  return c.json(body);
}

/** Throws the refusal of a password that is easy to guess, beside the field. */
export async function refuseWeak(password: string, { field, about }: { field: string; about: readonly string[] }): Promise<void> {
  const weakness = await passwordWeakness(password, about);
  if (weakness !== null)
    throw new EngineError(400, weakness, { code: "weak_password", param: field, issues: [{ path: field, message: weakness }] });
}
