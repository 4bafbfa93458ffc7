import type { JsonNode } from "./json-tree";
import { printedOnLine } from "./value-at";

/** What is different at a path; null: nothing stands there. */
export interface JsonChange {
  path: string;
  before: string | null;
  after: string | null;
}

const isPlainName = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;
const step = (name: string | number): string =>
  typeof name === "number" ? `[${name}]` : isPlainName.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;

/** Members by step; null: it has none. Of a key that is there twice, the last counts. */
function membersOf(node: JsonNode | undefined): ReadonlyMap<string | number, JsonNode> | null {
  if (node?.kind === "object") return new Map(node.entries.map(({ key, value }) => [key, value]));
  if (node?.kind === "array") return new Map(node.items.map((item, index) => [index, item]));
  return null;
}

/** The paths at which two values differ, in the order of the first; `most` at most, and whether there are more. */
export function jsonChanges(before: JsonNode, after: JsonNode, most: number): { changes: JsonChange[]; more: boolean } {
  const changes: JsonChange[] = [];
  let more = false;

  function compare(path: string, a: JsonNode | undefined, b: JsonNode | undefined): void {
    if (more) return;
    const [inA, inB] = [membersOf(a), membersOf(b)];
    if (a !== undefined && b !== undefined && a.kind === b.kind && inA !== null && inB !== null) {
      for (const name of new Set([...inA.keys(), ...inB.keys()])) compare(`${path}${step(name)}`, inA.get(name), inB.get(name));
      return;
    }
    const [from, to] = [a === undefined ? null : printedOnLine(a), b === undefined ? null : printedOnLine(b)];
    if (from === to) return;
    if (changes.length === most) more = true;
    else changes.push({ path: path === "" ? "" : path.replace(/^\./, ""), before: from, after: to });
  }
  compare("", before, after);
  return { changes, more };
}
