import type { Role } from "@/lib/contracts/dashboard";
import type { Scope } from "@/lib/contracts/scope";

export interface SessionUser {
  id: string;
  name: string;
  email: string;
  role: Role;
}

/** Who asks. Made by `authenticate` only. */
export type Principal =
  /** Secret key of the environment. `display` is `tr_prod_…1a2b`. */
  | { kind: "key"; keyId: string; display: string }
  /** A worker acting for a run: what a secret key may, as long as the token lives. */
  | { kind: "run"; runId: string | undefined; expiresAt: number }
  /** Public access token. `hash` is SHA-256 of its text, hex; `expiresAt` is epoch ms. */
  | {
      kind: "public";
      hash: string;
      scopes: readonly Scope[];
      expiresAt: number;
      oneTime: boolean;
      /** Columns that its realtime subscriptions leave out. */
      skipColumns: readonly string[];
      /** Id of the API key that signed it; undefined: the server's own signing key. */
      signedBy: string | undefined;
    }
  /** Signed-in person. `expiresAt` is epoch ms. */
  | { kind: "session"; user: SessionUser; sessionId: string; expiresAt: number };

/** For `completedBy`, `pausedBy` and the audit; never a secret. */
export function describe(principal: Principal): string {
  switch (principal.kind) {
    case "key":
      return `key …${principal.display.slice(-4)}`;
    case "run":
      return principal.runId === undefined ? "a run" : `run ${principal.runId}`;
    case "public":
      return `public token ${principal.hash.slice(0, 8)}`;
    case "session":
      return principal.user.email;
  }
}
