import type { Role } from "@/lib/contracts/dashboard";
import type { KeyPreset } from "@/lib/contracts/key-presets";
import type { MintedBy, Scope } from "@/lib/contracts/scope";

export interface SessionUser {
  id: string;
  name: string;
  email: string;
  role: Role;
}

/** Who asks. Made by `authenticate` only. */
export type Principal =
  /** Secret key of the environment. `display` is `tr_prod_…1a2b`; `scopes` null: it may do everything. */
  | { kind: "key"; keyId: string; display: string; preset: KeyPreset; scopes: readonly Scope[] | null }
  /** The code of a run, while it executes: what its SDK asks for. */
  | { kind: "run"; runId: string; epoch: number; expiresAt: number }
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
      by: MintedBy;
    }
  /** Signed-in person. `expiresAt` is epoch ms. */
  | { kind: "session"; user: SessionUser; sessionId: string; expiresAt: number }
  /** The same person by a personal access token. */
  | { kind: "person"; user: SessionUser; tokenId: string; expiresAt: number | undefined };

/** Whose answer depends on the things that are asked for. */
export const isScoped = (principal: Principal): boolean =>
  principal.kind === "public" || (principal.kind === "key" && principal.scopes !== null);

/** With whom a token ends that is minted for this one. A run's own ends with its time. */
export function minterOf(principal: Principal): MintedBy {
  switch (principal.kind) {
    case "key":
      return { key: principal.keyId };
    case "run":
      return {};
    case "public":
      return { ...principal.by, ...(principal.signedBy !== undefined && { key: principal.signedBy }), token: principal.hash };
    case "session":
    case "person":
      return { user: principal.user.id };
  }
}

/** For `completedBy`, `pausedBy` and the audit; never a secret. */
export function describe(principal: Principal): string {
  switch (principal.kind) {
    case "key":
      return `key …${principal.display.slice(-4)}`;
    case "run":
      return `run ${principal.runId}`;
    case "public":
      return `public token ${principal.hash.slice(0, 8)}`;
    case "session":
    case "person":
      return principal.user.email;
  }
}
