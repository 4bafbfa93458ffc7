"use client";
import { isFormSchema } from "@/lib/forms/answer-form";
import type { Issue } from "@/lib/forms/issues";
import { formatJson, parseJsonText } from "@/lib/values/json-text";
import { Segmented } from "../ui/segmented";
import { JsonEditor } from "./json-editor";
import { SchemaForm } from "./schema-form";

export type EditorMode = "form" | "json";
const modes = [
  { value: "form", label: "Form" },
  { value: "json", label: "JSON" },
] as const;

/** A form where the schema can be drawn as one. */
export const firstMode = (schema: unknown): EditorMode => (isFormSchema(schema) ? "form" : "json");

export interface PayloadEditorProps {
  /** JSON Schema; without one, or with one that cannot be drawn, there is only JSON. */
  schema: unknown;
  /** The one truth of both views: JSON as typed. Switching loses nothing. */
  text: string;
  onChange: (text: string) => void;
  mode: EditorMode;
  /** What the server found wrong, by path. */
  issues?: readonly Issue[] | undefined;
  label: string;
  /** Distinguishes the ids of several forms on one page. */
  name: string;
  disabled?: boolean | undefined;
  onSubmit?: (() => void) | undefined;
  minHeight?: string;
}

export function PayloadEditor({
  schema,
  text,
  onChange,
  mode,
  issues = none,
  label,
  name,
  disabled,
  onSubmit,
  minHeight = "220px",
}: PayloadEditorProps) {
  const parsed = parseJsonText(text);
  if (mode === "form" && isFormSchema(schema)) {
    return parsed.ok ? (
      <SchemaForm
        schema={schema}
        value={parsed.value}
        onChange={(value) => onChange(formatJson(value))}
        issues={issues}
        disabled={disabled}
        name={name}
      />
    ) : (
      <p className="rounded border border-line px-3 py-2 text-muted">
        The JSON is broken, so the form cannot show it. {parsed.message}. Correct it in the JSON view; nothing is lost.
      </p>
    );
  }
  return (
    <JsonEditor
      value={text}
      onChange={onChange}
      label={label}
      error={
        issues.length === 0 ? undefined : issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("\n")
      }
      readOnly={disabled ?? false}
      minHeight={minHeight}
      onSubmit={onSubmit}
    />
  );
}
const none: readonly Issue[] = [];

/** Form or JSON; nothing to choose where the schema gives no form. */
export const ModeSwitch = ({ schema, mode, onChange }: { schema: unknown; mode: EditorMode; onChange: (mode: EditorMode) => void }) =>
  isFormSchema(schema) ? <Segmented label="Payload as" value={mode} onChange={onChange} options={modes} /> : null;
