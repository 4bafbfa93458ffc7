import type { TaskChanges } from "../contracts/deployments";
import type { TaskManifest } from "../contracts/task";

/** Words for what of a task's declaration may change; what its form is made from is one thing to whoever reads it. */
const parts: Readonly<Partial<Record<keyof TaskManifest, string>>> = {
  filePath: "file",
  description: "description",
  queue: "queue",
  retry: "retries",
  machine: "machine",
  maxDuration: "maxDuration",
  ttl: "TTL",
  schedule: "schedule",
  payloadSchema: "payload schema",
  certainSchema: "payload schema",
  examplePayload: "example payload",
};

/** What of the tasks is another one after `before`, in the order of ids. */
export function taskChanges(before: readonly TaskManifest[], after: readonly TaskManifest[]): TaskChanges {
  const former = new Map(before.map((task) => [task.id, task]));
  const present = new Set(after.map((task) => task.id));
  const changed = after.flatMap((task) => {
    const known = former.get(task.id);
    const what =
      known === undefined
        ? []
        : Object.entries(parts).flatMap(([part, word]) =>
            isSame(known[part as keyof TaskManifest], task[part as keyof TaskManifest]) ? [] : [word],
          ); // the keys of `parts`
    return what.length === 0 ? [] : [{ id: task.id, what: [...new Set(what)] }];
  });
  return {
    added: after
      .filter((task) => !former.has(task.id))
      .map((task) => task.id)
      .toSorted(),
    removed: before
      .filter((task) => !present.has(task.id))
      .map((task) => task.id)
      .toSorted(),
    changed: changed.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

/** Both come out of JSON, written by the same program: the same declaration has its keys in the same order. */
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
