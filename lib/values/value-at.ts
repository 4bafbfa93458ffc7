import { limits } from "@/lib/contracts/limits";
import type { RunValue } from "@/lib/contracts/run-values";
import { readPacketTree, type JsonNode } from "./json-tree";

function nodeAt(root: JsonNode, steps: readonly (string | number)[]): JsonNode | null {
  let at: JsonNode | undefined = root;
  for (const step of steps) {
    // Of a key that is there twice, the last counts.
    if (at?.kind === "object") at = at.entries.findLast(({ key }) => key === String(step))?.value;
    else if (at?.kind === "array" && typeof step === "number") at = at.items[step];
    else return null;
  }
  return at ?? null;
}

const cut = (text: string): string => (text.length > limits.valueText ? `${text.slice(0, limits.valueText)}…` : text);

/** On one line; digits as they are written. */
export function printedOnLine(node: JsonNode): string {
  switch (node.kind) {
    case "object":
      return `{${node.entries.map(({ key, value }) => `${JSON.stringify(key)}:${printedOnLine(value)}`).join(",")}}`;
    case "array":
      return `[${node.items.map(printedOnLine).join(",")}]`;
    case "string":
      return JSON.stringify(node.value);
    case "number":
    case "literal":
      return node.text;
  }
}

/** What stands at a path of a packet, for one line of a list. Null: nothing does. */
export function valueAt(packet: { data: string; dataType: string }, steps: readonly (string | number)[]): RunValue | null {
  const tree = readPacketTree(packet.data, packet.dataType);
  const node = tree === null ? null : nodeAt(tree, steps);
  if (node === null) return null;
  if (node.kind === "string") return { kind: "text", text: cut(node.value) };
  if (node.kind === "number" || node.kind === "literal") return { kind: node.kind, text: cut(node.text) };
  return { kind: "json", text: cut(printedOnLine(node)) };
}
