// Without zod, which weighs 90 KB gzip: the browser needs these on the first load.

/** A parsed scope of a public token: `action[:type[:id]]`; the id is everything after the second colon. */
export interface Scope {
  action: string;
  type?: string;
  id?: string;
}

export function parseScope(text: string): Scope {
  const first = text.indexOf(":");
  if (first === -1) return { action: text };
  const second = text.indexOf(":", first + 1);
  if (second === -1) return { action: text.slice(0, first), type: text.slice(first + 1) };
  return { action: text.slice(0, first), type: text.slice(first + 1, second), id: text.slice(second + 1) };
}

/** What a request wants to do with one thing. No id: the whole collection. */
export interface Resource {
  type:
    | "runs"
    | "tasks"
    | "tags"
    | "batch"
    | "waitpoints"
    | "inputStreams"
    | "queues"
    | "deployments"
    | "schedules"
    | "variables"
    | "errors"
    | "packets"
    | "environment"
    | "all";
  id?: string;
}
export type Action = "read" | "write" | "trigger" | "batchTrigger" | "update";

const writeCovers: ReadonlySet<string> = new Set(["write", "trigger", "batchTrigger", "update"]);

/** Exact match on parsed parts: never a prefix, a pattern or another case. */
export function scopeAllows(scope: Scope, action: Action, resource: Resource): boolean {
  if (scope.action === "admin" && scope.type === undefined) return true;
  const actionFits = scope.action === "*" || scope.action === action || (scope.action === "write" && writeCovers.has(action));
  if (!actionFits || scope.type === undefined) return false;
  if (scope.type === "all") return true;
  if (scope.type !== resource.type) return false;
  return scope.id === undefined || scope.id === resource.id;
}
