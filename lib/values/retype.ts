import { put } from "./put";
import { keysOfPath, readTyped } from "./read-typed";
import type { TypeName, TypeRecord, Types } from "./typed";

/**
 * Edited JSON of a value with the types that the original had, where they still fit: a date that was left alone, or edited to
 * another one, stays a date. Undefined: nothing of the types is left, the JSON is all there is.
 */
export function retype(original: string, edited: unknown): string | undefined {
  try {
    // As an encoder wrote it; a text that is none throws here or below.
    const { meta } = JSON.parse(original) as { meta?: { values?: Types; v?: 1 } };
    if (meta?.values === undefined) return undefined;
    const values = keep(meta.values, edited, meta.v === 1 ? "escaped" : "classic");
    if (values === undefined) return undefined;
    const text = JSON.stringify({ json: edited, meta: { values, ...(meta.v === 1 && { v: 1 }) } });
    readTyped(text);
    return text;
  } catch {
    return undefined;
  }
}

function keep(types: Types, json: unknown, form: "classic" | "escaped"): Types | undefined {
  const keepRecord = (record: TypeRecord): TypeRecord | undefined => {
    const kept = {};
    for (const [path, inner] of Object.entries(record)) {
      const found = at(json, keysOfPath(path, form));
      const types = found === undefined ? undefined : keep(inner, found, form);
      if (types !== undefined) put(kept, path, types);
    }
    return Object.keys(kept).length === 0 ? undefined : kept;
  };
  if (!Array.isArray(types)) return keepRecord(types as TypeRecord); // what is no list is a record
  const [type, inner] = types as readonly [TypeName, TypeRecord?];
  if (!fits(type, json)) return undefined;
  const kept = inner === undefined ? undefined : keepRecord(inner);
  return kept === undefined ? [type] : [type, kept];
}

function at(json: unknown, keys: readonly string[]): unknown {
  let here = json;
  for (const key of keys) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return undefined;
    here = Reflect.get(here, key);
  }
  return here;
}

function fits(type: TypeName, json: unknown): boolean {
  if (typeof type !== "string") return Array.isArray(json) && json.every((item) => typeof item === "number");
  switch (type) {
    case "undefined":
      return json === null;
    case "bigint":
      return typeof json === "string" && /^-?\d+$/.test(json);
    case "number":
      return typeof json === "string" && ["NaN", "Infinity", "-Infinity", "-0"].includes(json);
    case "Date":
      return typeof json === "string" && !Number.isNaN(Date.parse(json));
    case "regexp":
      return typeof json === "string" && /^\/[^]*\/[a-z]*$/.test(json);
    case "URL":
      return typeof json === "string" && URL.canParse(json);
    case "set":
      return Array.isArray(json);
    case "map":
      return Array.isArray(json) && json.every((pair) => Array.isArray(pair) && pair.length === 2);
    case "Error":
      return typeof json === "object" && json !== null && !Array.isArray(json);
  }
}
