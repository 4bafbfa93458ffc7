import { formatJson } from "@/lib/values/json-text";

export interface StoredPayload {
  payload: string | null;
  payloadType: string;
}

/** JSON text to edit, of a payload as stored. Null: it lies apart because of its size, or is of an unknown type. */
export function editablePayload({ payload, payloadType }: StoredPayload): string | null {
  if (payload === null) return "";
  try {
    switch (payloadType) {
      case "text/plain":
        return JSON.stringify(payload);
      case "application/json":
        return formatJson(JSON.parse(payload) as unknown);
      case "application/super+json":
        return formatJson(plainOf(JSON.parse(payload) as unknown));
    }
  } catch {
    return null;
  }
  return null;
}

/** superjson keeps the JSON under `json` and what JSON lacks (dates, maps) under `meta`. */
const plainOf = (value: unknown): unknown => (typeof value === "object" && value !== null && "json" in value ? value.json : value);

/** One line for a list of payloads. */
export const payloadPreview = (stored: StoredPayload, length = 80): string => {
  const text = editablePayload(stored);
  if (text === null) return "large payload, stored apart";
  const line = text.replaceAll(/\s+/g, " ");
  return line === "" ? "no payload" : line.length > length ? `${line.slice(0, length - 1)}…` : line;
};

/** What the editor starts with: the author's example, else the newest payload, else what the schema requires. */
export function firstPayload(task: { examplePayload?: unknown; payloadSchema?: unknown }, blank: (schema: unknown) => unknown): string {
  if (task.examplePayload !== undefined) return formatJson(task.examplePayload);
  return task.payloadSchema === undefined ? "{}" : formatJson(blank(task.payloadSchema));
}
