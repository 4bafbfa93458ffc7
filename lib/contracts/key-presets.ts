// Without zod: the browser needs these beside the dialog.
import type { Scope } from "./scope-match";

/** What an additional key may do. `full` is everything, as a root key. */
export const keyPresets = ["full", "trigger", "task-operator", "observer", "operator", "deploy", "variables"] as const;
export type KeyPreset = (typeof keyPresets)[number];

/** These can be confined to some tasks. */
const ofTasks: ReadonlySet<KeyPreset> = new Set<KeyPreset>(["trigger", "task-operator"]);
export const mayNameTasks = (preset: KeyPreset): boolean => ofTasks.has(preset);

const operated = ["runs", "tasks", "batch", "waitpoints", "inputStreams", "queues", "schedules", "errors", "packets", "environment"];

/** A key's rights in the grammar of public tokens; null: all. `tasks`: none for every task. */
export function scopesOfPreset(preset: KeyPreset, tasks: readonly string[]): readonly Scope[] | null {
  const onTasks = (action: string): Scope[] =>
    tasks.length === 0 ? [{ action, type: "tasks" }] : tasks.map((id) => ({ action, type: "tasks", id }));
  const uploads: Scope = { action: "write", type: "packets" };
  switch (preset) {
    case "full":
      return null;
    case "trigger":
      return [...onTasks("trigger"), ...onTasks("batchTrigger"), uploads];
    case "task-operator":
      return [...onTasks("read"), ...onTasks("write"), uploads];
    case "observer":
      return [{ action: "read", type: "all" }];
    case "operator":
      return [{ action: "read", type: "all" }, ...operated.map((type) => ({ action: "write", type }))];
    case "deploy":
      return ["read", "write"].map((action) => ({ action, type: "deployments" }));
    case "variables":
      return ["read", "write"].map((action) => ({ action, type: "variables" }));
  }
}
