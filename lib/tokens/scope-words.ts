import { parseScope, scopeAllows, type Action, type Resource, type Scope } from "@/lib/contracts/scope-match";

/** The scopes that the workbench offers, by the thing that is chosen. */
export const scopeThings = ["run", "tag", "task", "batch", "token"] as const;
export type ScopeThing = (typeof scopeThings)[number];
export type ScopeVerb = "read" | "write" | "trigger" | "batchTrigger";

export const resourceOf: Record<ScopeThing, Resource["type"]> = {
  run: "runs",
  tag: "tags",
  task: "tasks",
  batch: "batch",
  token: "waitpoints",
};
/** Verbs with an effect on each thing; any other pair is a scope that no route reads. */
export const verbsOf: Record<ScopeThing, readonly ScopeVerb[]> = {
  run: ["read", "write"],
  tag: ["read"],
  task: ["trigger", "batchTrigger", "read", "write"],
  batch: ["read", "write"],
  token: ["write"],
};

/** No id: every thing of the kind. */
export const toScope = (verb: ScopeVerb, thing: ScopeThing, id?: string): string =>
  [verb, resourceOf[thing], ...(id === undefined || id === "" ? [] : [id])].join(":");

type Words = (id: string | undefined) => string;
const phrases: Record<string, Words> = {
  "read:runs": (id) =>
    id === undefined
      ? "Follow every run: status, payload, output, metadata and streams"
      : `Follow run ${id} live: status, payload, output, metadata and streams`,
  "read:tags": (id) =>
    id === undefined ? "Subscribe to runs by any tag, and follow tagged runs" : `Follow every run tagged ${id}, also those still to come`,
  "read:tasks": (id) => (id === undefined ? "Follow the runs of every task" : `Follow the runs of task ${id}`),
  "read:batch": (id) => (id === undefined ? "Follow every batch and the runs in it" : `Follow batch ${id} and the runs in it`),
  "write:runs": (id) => (id === undefined ? "Cancel any run, and reset idempotency keys" : `Cancel run ${id}`),
  "write:tasks": (id) =>
    id === undefined ? "Trigger any task and cancel its runs" : `Trigger task ${id}, one by one or in batches, and cancel its runs`,
  "write:batch": (id) => (id === undefined ? "Add items to any open batch" : `Add items to batch ${id} while it is open`),
  "write:waitpoints": (id) => (id === undefined ? "Answer any wait token" : `Answer wait token ${id}`),
  "write:inputStreams": (id) => (id === undefined ? "Send input to any run that listens" : `Send input to run ${id}`),
  "trigger:tasks": (id) =>
    id === undefined ? "Trigger any task with any payload" : `Trigger task ${id} with any payload its schema takes`,
  "batchTrigger:tasks": (id) => (id === undefined ? "Trigger any task in batches" : `Trigger task ${id} in batches`),
  "read:queues": () => "Read the queues: depth, running, limit",
  "read:deployments": () => "Read the deployments",
};

/** What one scope lets its bearer do; null when no route of this server reads it. */
export function canDo(text: string): string | null {
  const { action, type, id } = parseScope(text);
  if (action === "admin" && type === undefined) return "Everything a public token can reach";
  if (type === "all") {
    if (action === "read") return "Follow every run, batch and queue";
    if (action === "write") return "Trigger every task, cancel every run, answer every wait token";
    if (action === "*") return "Everything a public token can reach";
    return action === "trigger" ? "Trigger any task with any payload" : null;
  }
  return phrases[`${action}:${type ?? ""}`]?.(id) ?? null;
}

/** Probes with an id that nobody chose: what is refused to all but the things that were named. */
const other = "\u0000other";
const limits: { action: Action; resource: Resource; words: (named: boolean) => string }[] = [
  { action: "read", resource: { type: "runs", id: other }, words: (named) => (named ? "See any other run" : "See any run") },
  { action: "trigger", resource: { type: "tasks", id: other }, words: (named) => (named ? "Trigger any other task" : "Trigger any task") },
  { action: "write", resource: { type: "runs", id: other }, words: (named) => (named ? "Cancel any other run" : "Cancel any run") },
  {
    action: "write",
    resource: { type: "waitpoints", id: other },
    words: (named) => (named ? "Answer any other wait token" : "Answer any wait token"),
  },
];
/** Never within reach of a public token, whatever its scopes. */
const never = "Replay or reschedule a run, change tags or metadata, list wait tokens, pause queues or make keys: these need a secret key";

export function cannotDo(texts: readonly string[]): string[] {
  const scopes = texts.map(parseScope);
  const refused = limits
    .filter(({ action, resource }) => !scopes.some((scope) => scopeAllows(scope, action, resource)))
    .map(({ action, resource, words }) => words(scopes.some((scope) => names(scope, action, resource))));
  return [...refused, never];
}

/** Runs are also named through their tag, task or batch. */
function names(scope: Scope, action: Action, resource: Resource): boolean {
  const reaches = scopeAllows(scope, action, { type: resource.type, ...(scope.id === undefined ? {} : { id: scope.id }) });
  if (resource.type !== "runs") return reaches;
  const owners: readonly Resource["type"][] = action === "read" ? ["tags", "tasks", "batch"] : ["tasks"];
  return reaches || owners.some((type) => scopeAllows(scope, action, { type, ...(scope.id === undefined ? {} : { id: scope.id }) }));
}

/** Plain words for a list of scopes, widest danger named first. */
export function warnings(texts: readonly string[]): string[] {
  const scopes = texts.map(parseScope);
  const wide = scopes.filter((s) => s.id === undefined && (s.action !== "read" || s.type === "all" || s.type === "runs"));
  return [
    ...(scopes.some((s) => s.action === "admin" || s.action === "*")
      ? ["This is as good as a secret key in a browser. Choose single things instead."]
      : []),
    ...wide
      .filter((s) => s.type !== undefined && s.action !== "*")
      .map((s) => `${s.action}:${s.type ?? ""} names no single thing: whoever holds the token reaches all of them.`),
  ];
}
