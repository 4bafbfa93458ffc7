// Without the database layer that the whole has beside adapters: it took half of the time in which a server is loaded.
import { betterAuth } from "better-auth/minimal";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { isAPIError } from "better-auth/api";
import { Role } from "@/lib/contracts/dashboard";
import { passwordLength } from "@/lib/contracts/people";
import { Unavailable } from "../db/errors";
import type { PrismaClient } from "../db/generated/client";
import { newId } from "@/lib/ids/ids";
import type { Logger } from "../log";
import type { Principal } from "./principal";
import { sha256 } from "../db/secret-keys";

/** Sign-ins last two weeks, prolonged once a day while used. */
const session = { expiresIn: 14 * 86_400, updateAge: 86_400 };
/** A session is read from the database at most this often, so its end or a new role counts within it. */
const rememberMs = 2000;
const maxRemembered = 1000;
/** The client's address, set by us over whatever the client sent. */
const addressHeader = "x-signalbox-address";

interface SignInOptions {
  prisma: PrismaClient;
  secret: string;
  origin(): string;
  log: Logger;
}

/** The library is used through its functions only: none of its paths is served, so one that it adds some day is not open by itself. */
function createAuth({ prisma, secret, log }: SignInOptions, origin: string) {
  return betterAuth({
    appName: "Signalbox",
    baseURL: origin,
    basePath: "/api/auth",
    secret,
    database: prismaAdapter(prisma, { provider: "postgresql" }),
    // The first account comes from the one-time code, later ones from an admin's invitation.
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: passwordLength.min, maxPasswordLength: passwordLength.max },
    user: { additionalFields: { role: { type: "string", input: false, defaultValue: "viewer" } } },
    session,
    // Limited in front of it (attempts.ts).
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: "signalbox",
      useSecureCookies: origin.startsWith("https:"),
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax" },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      database: { generateId: ({ model }) => newId(model) },
    },
    logger: { level: "warn", log: (level, message) => log[level === "error" ? "error" : "warn"](`sign-in: ${message}`) },
    telemetry: { enabled: false },
  });
}
type Auth = ReturnType<typeof createAuth>;

/** Of a request: what its session is read from, and what a new one notes about where it was begun. */
export interface Visitor {
  cookie: string | undefined;
  agent: string | undefined;
  address: string;
}
/** Set-Cookie lines. */
export type Cookies = readonly string[];

export interface SignIn {
  /** Who the session cookie belongs to; null without a valid one. */
  session(headers: Headers): Promise<Extract<Principal, { kind: "session" }> | null>;
  /** A new session. Null: the address or the password is wrong. */
  begin(who: { email: string; password: string }, visitor: Visitor): Promise<Cookies | null>;
  end(visitor: Visitor): Promise<Cookies>;
  /** Ends every session of the person and begins a new one for the visitor. Null: the current password is wrong. */
  changePassword(passwords: { currentPassword: string; newPassword: string }, visitor: Visitor): Promise<Cookies | null>;
  hash(password: string): Promise<string>;
  /** After a sign-in, sign-out or change of people: nothing remembered counts any longer. */
  forget(): void;
}

export function createSignIn(options: SignInOptions): SignIn {
  let current: { origin: string; auth: Auth } | null = null;
  const remembered = new Map<string, { until: number; principal: Promise<Extract<Principal, { kind: "session" }> | null> }>();

  /** The origin is known once the server listens, so the instance is made at first use. */
  function auth(): Auth {
    const origin = options.origin();
    if (current?.origin !== origin) current = { origin, auth: createAuth(options, origin) };
    return current.auth;
  }

  async function read(headers: Headers): Promise<Extract<Principal, { kind: "session" }> | null> {
    const found = await auth()
      .api.getSession({ headers, query: { disableCookieCache: true, disableRefresh: true } })
      .catch((cause: unknown) => {
        // It answers null to every bad cookie, so what it throws is the database's.
        throw new Unavailable("The sign-in cannot be checked just now.", { cause });
      });
    if (found === null) return null;
    const role = Role.safeParse(found.user.role);
    if (!role.success) return null;
    const { id, name, email } = found.user;
    return {
      kind: "session",
      user: { id, name, email, role: role.data },
      sessionId: found.session.id,
      expiresAt: found.session.expiresAt.getTime(),
    };
  }

  return {
    begin: (body, visitor) =>
      refusedAsNull(auth().api.signInEmail({ body, headers: headersOf({ ...visitor, cookie: undefined }), returnHeaders: true })),
    end: async (visitor) => (await auth().api.signOut({ headers: headersOf(visitor), returnHeaders: true })).headers.getSetCookie(),
    changePassword: (passwords, visitor) =>
      refusedAsNull(
        auth().api.changePassword({ body: { ...passwords, revokeOtherSessions: true }, headers: headersOf(visitor), returnHeaders: true }),
      ),
    hash: async (password) => (await auth().$context).password.hash(password),
    async session(headers) {
      const cookie = headers.get("cookie");
      if (cookie === null || !cookie.includes("signalbox.session_token")) return null;
      const key = sha256(cookie).toString("base64");
      const now = performance.now();
      let entry = remembered.get(key);
      if (entry === undefined || entry.until < now) {
        if (remembered.size >= maxRemembered) remembered.clear();
        const principal = read(new Headers({ cookie }));
        entry = { until: now + rememberMs, principal };
        remembered.set(key, entry);
        principal.catch(() => remembered.delete(key));
      }
      const principal = await entry.principal;
      return principal !== null && principal.expiresAt > Date.now() ? principal : null;
    },
    forget: () => remembered.clear(),
  };
}

function headersOf({ cookie, agent, address }: Visitor): Headers {
  return new Headers({
    [addressHeader]: address,
    ...(cookie !== undefined && { cookie }),
    ...(agent !== undefined && { "user-agent": agent }),
  });
}

async function refusedAsNull(answer: Promise<{ headers: Headers }>): Promise<Cookies | null> {
  try {
    return (await answer).headers.getSetCookie();
  } catch (error) {
    if (isAPIError(error) && error.statusCode < 500) return null;
    throw error;
  }
}
