import type { RunRow } from "@/lib/contracts/run";
import type { Resource } from "@/lib/contracts/scope";

/** Who holds a socket. The API's principals are callers. */
export interface Caller {
  kind: string;
  /** Epoch ms. */
  expiresAt?: number | undefined;
}

type RunIdentity = Pick<RunRow, "id" | "task" | "tags" | "batchId">;

/** The API's authentication and its one authorisation function, handed in by the composition root. */
export interface Access<C extends Caller> {
  /** By session cookie. Null: none. A wrong one throws. */
  authenticate(headers: Headers): Promise<C | null>;
  /** Secret key, run token or public token. A wrong one throws. */
  authenticateToken(token: string): Promise<C>;
  /** A GET of the API with this token, in this process. `path`: with its query. */
  ask(token: string, path: string, signal: AbortSignal): Response | Promise<Response>;
  /** Not revoked since. */
  stillValid(caller: C): Promise<boolean>;
  /** One of the resources is enough. */
  allows(caller: C, wish: { action: "read"; resources: readonly Resource[] }): boolean;
  /** Things through which a run may be read. */
  readableThrough(run: RunIdentity): Resource[];
}

/** What one caller may see. */
export interface View {
  any(resources: readonly Resource[]): boolean;
  run(run: RunIdentity): boolean;
  /** Everything: rows need not be looked at one by one. */
  isUnlimited: boolean;
}

export function viewOf<C extends Caller>(access: Access<C>, caller: C): View {
  const any = (resources: readonly Resource[]) => access.allows(caller, { action: "read", resources });
  const isUnlimited = any([{ type: "all" }]);
  return { any, isUnlimited, run: (run) => isUnlimited || any(access.readableThrough(run)) };
}
