/** JSON for looking at: numbers keep their digits as written, keys their order and repetitions. */
export type JsonNode =
  | { kind: "object"; entries: readonly { key: string; value: JsonNode }[] }
  | { kind: "array"; items: readonly JsonNode[] }
  | { kind: "string"; value: string }
  /** `text` as written: `9007199254740993` and `1.0` survive. */
  | { kind: "number"; text: string }
  | { kind: "literal"; text: "true" | "false" | "null" };

/** Deeper is not JSON that anybody reads; it is shown as text. */
const maxDepth = 500;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literal = /true|false|null/y;

/** Null when the text is not JSON. */
export function readJsonTree(text: string): JsonNode | null {
  let at = 0;
  const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;
  const skip = (): void => {
    while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  };
  const take = (char: string): boolean => {
    skip();
    if (text[at] !== char) return false;
    at += 1;
    return true;
  };
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return null;
    at += found.length;
    return found;
  };

  function readString(): string | null {
    const start = at;
    at += 1;
    for (let plain = true; at < text.length; at += 1) {
      const char = text[at];
      if (char === "\\") {
        plain = false;
        at += 1;
      } else if (char === '"') {
        at += 1;
        if (plain) {
          const value = text.slice(start + 1, at - 1);
          // Control characters are not allowed unescaped.
          // oxlint-disable-next-line no-control-regex
          return /[\u0000-\u001f]/.test(value) ? null : value;
        }
        try {
          return JSON.parse(text.slice(start, at)) as string; // a quoted literal parses to a string
        } catch {
          return null;
        }
      }
    }
    return null;
  }

  function readObject(depth: number): JsonNode | null {
    at += 1;
    const entries: { key: string; value: JsonNode }[] = [];
    if (take("}")) return { kind: "object", entries };
    for (;;) {
      skip();
      const key = text[at] === '"' ? readString() : null;
      if (key === null || !take(":")) return null;
      const value = readValue(depth + 1);
      if (!value) return null;
      entries.push({ key, value });
      if (take("}")) return { kind: "object", entries };
      if (!take(",")) return null;
    }
  }

  function readArray(depth: number): JsonNode | null {
    at += 1;
    const items: JsonNode[] = [];
    if (take("]")) return { kind: "array", items };
    for (;;) {
      const value = readValue(depth + 1);
      if (!value) return null;
      items.push(value);
      if (take("]")) return { kind: "array", items };
      if (!take(",")) return null;
    }
  }

  function readValue(depth: number): JsonNode | null {
    skip();
    if (depth > maxDepth) return null;
    const char = text[at];
    if (char === "{") return readObject(depth);
    if (char === "[") return readArray(depth);
    if (char === '"') {
      const value = readString();
      return value === null ? null : { kind: "string", value };
    }
    const word = match(literal);
    if (word === "true" || word === "false" || word === "null") return { kind: "literal", text: word };
    const digits = match(number);
    return digits === null ? null : { kind: "number", text: digits };
  }

  const value = readValue(0);
  skip();
  return at === text.length ? value : null;
}

const child = (node: JsonNode, key: string): JsonNode | undefined =>
  node.kind === "object" ? node.entries.find((entry) => entry.key === key)?.value : undefined;

/** Tree of a packet: superjson's wrapper is taken off. Null: shown as text. */
export function readPacketTree(text: string, dataType: string): JsonNode | null {
  if (dataType === "text/plain") return { kind: "string", value: text };
  const tree = readJsonTree(text);
  if (tree === null || dataType !== "application/super+json") return tree;
  return child(tree, "json") ?? tree;
}

/** Indented text of a tree, with digits as they are. */
export function printJsonTree(node: JsonNode, indent = ""): string {
  const inner = `${indent}  `;
  switch (node.kind) {
    case "object":
      return node.entries.length === 0
        ? "{}"
        : `{\n${node.entries.map((entry) => `${inner}${JSON.stringify(entry.key)}: ${printJsonTree(entry.value, inner)}`).join(",\n")}\n${indent}}`;
    case "array":
      return node.items.length === 0
        ? "[]"
        : `[\n${node.items.map((item) => `${inner}${printJsonTree(item, inner)}`).join(",\n")}\n${indent}]`;
    case "string":
      return JSON.stringify(node.value);
    case "number":
    case "literal":
      return node.text;
  }
}
