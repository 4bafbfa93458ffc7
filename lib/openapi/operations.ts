/** What the reference page reads of the API's own document. */
export interface ApiDocument {
  paths: Record<string, Record<string, DocumentedOperation>>;
}
interface DocumentedOperation {
  operationId: string;
  summary: string;
  tags: readonly string[];
  security: readonly Record<string, unknown>[];
  parameters: readonly { name: string; in: "path" | "query" }[];
  requestBody?: { content: Record<string, { schema?: unknown }> };
  responses: Record<string, { content?: Record<string, { schema?: unknown }> }>;
}

export interface Operation extends Omit<DocumentedOperation, "requestBody" | "responses" | "tags"> {
  /** Upper case. */
  method: string;
  path: string;
  body: Content | undefined;
  answer: Content | undefined;
}
interface Content {
  type: string;
  schema: unknown;
}

/** By what they are about, each group in the order of the document. */
export function groupOperations(document: ApiDocument): Map<string, Operation[]> {
  const groups = new Map<string, Operation[]>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { requestBody, responses, tags, ...rest }] of Object.entries(methods)) {
      const operation = {
        ...rest,
        method: method.toUpperCase(),
        path,
        body: contentOf(requestBody),
        answer: contentOf(responses["200"] ?? responses["202"]),
      };
      const [group = "other"] = tags;
      groups.set(group, [...(groups.get(group) ?? []), operation]);
    }
  }
  return groups;
}

function contentOf(holder: { content?: Record<string, { schema?: unknown }> } | undefined): Content | undefined {
  const [first] = Object.entries(holder?.content ?? {});
  return first === undefined ? undefined : { type: first[0], schema: first[1].schema };
}

/** Every word of the search is in the operation's method, path or summary. */
export function matchesSearch({ method, path, summary }: Operation, search: string): boolean {
  const text = `${method} ${path} ${summary}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The address of a request; null while a part of the path is not filled in. Blank parameters are left out. */
export function requestPath({ path, parameters }: Pick<Operation, "path" | "parameters">, values: Record<string, string>): string | null {
  let isWhole = true;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]?.trim() ?? "";
    if (value === "") isWhole = false;
    return encodeURIComponent(value);
  });
  if (!isWhole) return null;
  const query = new URLSearchParams();
  for (const { name, in: place } of parameters)
    if (place === "query" && (values[name] ?? "").trim() !== "") query.set(name, values[name] ?? "");
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
}
