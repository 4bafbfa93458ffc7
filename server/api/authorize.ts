import type { Role } from "@/lib/contracts/dashboard";
import { scopeAllows, type Action, type Resource, type Scope } from "@/lib/contracts/scope";
import type { RunRow } from "@/lib/contracts/run";
import { EngineError } from "../engine/error";
import type { Principal } from "./principal";

/** What a request wants. With several resources one that is allowed is enough, unless `every` asks for all of them. */
export interface Wish {
  action: Action;
  resources: readonly Resource[];
  every?: readonly Resource[];
}

const rank: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };
export const roleCovers = (has: Role, needs: Role): boolean => rank[has] >= rank[needs];
/** Looking needs no more than a viewer; whatever has an effect needs an operator. */
export const roleFor = (action: Action): Role => (action === "read" ? "viewer" : "operator");

/**
 * The one decision in front of all data. Secret keys and run tokens are confined to the environment that this process
 * serves (they do not authenticate elsewhere), so what is decided here is roles, presets of keys and scopes.
 */
export function allows(principal: Principal, wish: Wish): boolean {
  switch (principal.kind) {
    case "run":
      return true;
    case "session":
    case "person":
      return roleCovers(principal.user.role, roleFor(wish.action));
    case "key":
      return principal.scopes === null || anyAllows(principal.scopes, wish);
    case "public":
      return anyAllows(principal.scopes, wish);
  }
}

function anyAllows(scopes: readonly Scope[], { action, resources, every = [] }: Wish): boolean {
  const may = (resource: Resource) => scopes.some((scope) => scopeAllows(scope, action, resource));
  return (every.length > 0 && every.every(may)) || resources.some(may);
}

export function authorize(principal: Principal, wish: Wish): void {
  if (!allows(principal, wish)) throw forbidden(principal, wish);
}

function forbidden(principal: Principal, wish: Wish): EngineError {
  const extra = { code: "unauthorized", param: "access_token" };
  if (principal.kind === "session" || principal.kind === "person")
    return new EngineError(403, `Your role (${principal.user.role}) may not do this; it needs ${roleFor(wish.action)}.`, extra);
  const wanted = [...(wish.every ?? []), ...wish.resources].map((resource) => scopeText(wish.action, resource));
  if (principal.kind === "key")
    return new EngineError(
      403,
      `Unauthorized: the key ${principal.display} (${principal.preset}) may not do this. It would need ${wanted.slice(0, 4).join(wish.every === undefined ? " or " : ", ") || `to ${wish.action} everything`}; use another key.`,
      extra,
    );
  return new EngineError(
    403,
    `Unauthorized: the public access token lacks a scope that allows this. It needs ${wanted.slice(0, 4).join(wish.every === undefined ? " or " : ", ")}.`,
    extra,
  );
}

const scopeText = (action: Action, { type, id }: Resource) => [action, type, ...(id === undefined ? [] : [id])].join(":");

/** Things through which a run may be read (wire.md 1.2). */
export function readableThrough(run: Pick<RunRow, "id" | "task" | "tags" | "batchId">): Resource[] {
  return [
    { type: "runs", id: run.id },
    { type: "tasks", id: run.task },
    ...run.tags.map((tag): Resource => ({ type: "tags", id: tag })),
    ...(run.batchId === undefined ? [] : [{ type: "batch", id: run.batchId } as const]),
  ];
}
