import type { ErrorBody } from "@/lib/contracts/dashboard";

export interface Issue {
  path: string;
  message: string;
}

/** Errors as the form library takes them: nested by property, texts under `__errors`. */
export interface ErrorTree {
  __errors?: string[];
  [property: string]: ErrorTree | string[] | undefined;
}

/** `items.0.name`, `items[0].name` and `/items/0/name` alike; the empty path is the whole value. */
export function pathParts(path: string): string[] {
  return path
    .replaceAll(/\[(\d+)\]/g, ".$1")
    .split(/[./]/)
    .filter((part) => part !== "");
}

/** Issues below `root`, their paths without it. An issue of another root is left out; one without any known root counts as the payload's. */
export function issuesOf(body: ErrorBody, root: "payload" | "options"): Issue[] {
  return (body.issues ?? []).flatMap(({ path, message }) => {
    const [first, ...rest] = pathParts(path);
    if (first === root) return [{ path: rest.join("."), message }];
    const foreign = first === "payload" || first === "options";
    return root === "payload" && !foreign ? [{ path: pathParts(path).join("."), message }] : [];
  });
}

export function toErrorTree(issues: readonly Issue[]): ErrorTree {
  const tree: ErrorTree = {};
  for (const { path, message } of issues) {
    let at = tree;
    for (const part of pathParts(path)) {
      // A property named like the marker or a prototype member cannot be addressed; its error stays with the parent.
      if (part === "__errors" || part === "__proto__") break;
      const below = at[part];
      at = below === undefined || Array.isArray(below) ? (at[part] = {}) : below;
    }
    (at.__errors ??= []).push(message);
  }
  return tree;
}
