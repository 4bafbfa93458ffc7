import type { TokenRow } from "@/lib/contracts/token";

/**
 * The question that a run asks with a wait token. A task says it in its metadata, under one of `questionKeys`, either as
 * `{title?, summary?, schema, defaults?}` (`description` for `summary`) or as a JSON Schema of type object itself.
 */
export interface Question {
  title?: string;
  summary?: string;
  schema: JsonSchema;
  defaults?: unknown;
}
export type JsonSchema = Record<string, unknown>;
export const questionKeys = ["$form", "form", "approval"] as const;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** An object that can be drawn as a form: only schemas of objects can. */
export function isFormSchema(value: unknown): value is JsonSchema {
  return (
    isRecord(value) &&
    (isRecord(value.properties) || Array.isArray(value.anyOf) || Array.isArray(value.oneOf) || typeof value.$ref === "string")
  );
}

function toQuestion(value: unknown): Question | null {
  if (!isRecord(value)) return null;
  if (isFormSchema(value.schema)) {
    const summary = value.summary ?? value.description;
    return {
      schema: value.schema,
      ...(typeof value.title === "string" ? { title: value.title } : {}),
      ...(typeof summary === "string" ? { summary } : {}),
      ...(value.defaults === undefined ? {} : { defaults: value.defaults }),
    };
  }
  return value.type === "object" && isFormSchema(value) ? { schema: value } : null;
}

/** The first question in the metadata texts of the runs that wait; text that is not a JSON object holds none. */
export function findQuestion(metadataTexts: readonly (string | null)[]): Question | null {
  for (const text of metadataTexts) {
    const metadata = parseObject(text);
    for (const key of questionKeys) {
      const question = toQuestion(metadata[key]);
      if (question !== null) return question;
    }
  }
  return null;
}

export function parseObject(text: string | null): Record<string, unknown> {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

/** Metadata without what the form already shows. */
export function withoutQuestion(metadata: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(metadata).filter(([key, value]) => !questionKeys.some((k) => k === key) || toQuestion(value) === null),
  );
}

export interface Decisions {
  /** The rest of the form; null when there is nothing but yes and no. */
  rest: JsonSchema | null;
}

/** A schema with a boolean `approved` is answered by two buttons instead of a switch; null for any other schema. */
export function asDecision(schema: JsonSchema): Decisions | null {
  if (!isRecord(schema.properties)) return null;
  const { approved, ...properties } = schema.properties;
  if (!isRecord(approved) || approved.type !== "boolean") return null;
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  return {
    rest: Object.keys(properties).length === 0 ? null : { ...schema, properties, required: required.filter((name) => name !== "approved") },
  };
}

/** The field of a decision that says who made it: the name of who presses is known, and asked of nobody. */
const answererKey = "by";

/** The form without it. */
export function withoutAnswerer(schema: JsonSchema): { schema: JsonSchema; named: boolean } {
  if (!isRecord(schema.properties)) return { schema, named: false };
  const { [answererKey]: by, ...properties } = schema.properties;
  if (asDecision(schema) === null || !isRecord(by) || by.type !== "string" || "enum" in by) return { schema, named: false };
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  return { named: true, schema: { ...schema, properties, required: required.filter((name) => name !== answererKey) } };
}

export const withAnswerer = (answer: unknown, name: string): unknown => (isRecord(answer) ? { ...answer, [answererKey]: name } : answer);

/** How a token ended, for those who read it later. */
export type Verdict = "approved" | "rejected" | "answered" | "failed" | "timed out";

export function verdictOf(token: Pick<TokenRow, "status" | "output" | "outputType" | "outputIsError">): Verdict {
  if (token.status === "TIMED_OUT") return "timed out";
  if (token.outputIsError === true) return "failed";
  const { approved } = parseObject(
    token.outputType === "application/json" || token.outputType === undefined ? (token.output ?? null) : null,
  );
  return approved === true ? "approved" : approved === false ? "rejected" : "answered";
}

/** Whether the form has a field for the note, so that none is offered beside it. */
export const hasNote = (schema: JsonSchema): boolean => isRecord(schema.properties) && "note" in schema.properties;

/** Answer of the Approve and Reject buttons; the note is left out when it is blank. */
export function decision(approved: "approved" | "rejected", note: string): { approved: boolean; note?: string } {
  const text = note.trim();
  return { approved: approved === "approved", ...(text === "" ? {} : { note: text }) };
}

/** The form's answer with the note beside its fields, unless the schema has a field of that name. */
export function withNote(answer: unknown, note: string): unknown {
  const text = note.trim();
  return text === "" || !isRecord(answer) || "note" in answer ? answer : { ...answer, note: text };
}
