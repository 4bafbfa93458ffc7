"use client";
import { useMemo, useState } from "react";
import { toErrorTree, type ErrorTree, type Issue } from "@/lib/forms/issues";
import type { PlainField } from "@/lib/forms/plain-form";
import { Input, NativeSelect, Textarea } from "../ui/input";
import { Switch } from "../ui/toggle";
import { readableText } from "@/lib/view/readable-text";

export interface PlainFormProps {
  fields: readonly PlainField[];
  value: Record<string, unknown>;
  onChange: (value: unknown) => void;
  issues: readonly Issue[];
  disabled?: boolean | undefined;
  name: string;
}

/** The form of an object without nesting: what most tasks ask for, drawn without the library that can draw all schemas. */
export function PlainForm({ fields, value, onChange, issues, disabled = false, name }: PlainFormProps) {
  const errors = useMemo(() => toErrorTree(issues), [issues]);
  function change(field: string, next: unknown): void {
    const { [field]: _before, ...rest } = value;
    onChange(next === undefined ? rest : { ...value, [field]: next });
  }
  return (
    <div className="flex flex-col gap-3">
      <Errors id={`${name}-errors`} texts={errors.__errors ?? none} />
      {fields.map((field) => (
        <Row
          key={field.name}
          id={`${name}_${field.name}`}
          field={field}
          value={value[field.name]}
          errors={textsOf(errors[field.name])}
          disabled={disabled}
          onChange={(next) => change(field.name, next)}
        />
      ))}
    </div>
  );
}
const none: readonly string[] = [];
const textsOf = (errors: ErrorTree | string[] | undefined): readonly string[] =>
  errors === undefined || Array.isArray(errors) ? none : (errors.__errors ?? none);

interface RowProps {
  id: string;
  field: PlainField;
  value: unknown;
  errors: readonly string[];
  disabled: boolean;
  /** Undefined takes the property away. */
  onChange: (value: unknown) => void;
}

function Row(props: RowProps) {
  const { id, field, errors } = props;
  const { default: fallback } = field.schema;
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="flex items-baseline gap-2">
        <span className="font-mono text-sm font-medium">{readableText(field.name)}</span>
        {field.required ? null : (
          <span className="min-w-0 truncate text-xs text-faint">
            optional
            {isShown(fallback) ? (
              <>
                , <span className="font-mono">{String(fallback)}</span> if not set
              </>
            ) : null}
          </span>
        )}
      </label>
      <Control {...props} />
      {field.schema.description === undefined ? null : (
        <p id={`${id}-help`} className="text-sm text-faint">
          {readableText(field.schema.description)}
        </p>
      )}
      <Errors id={`${id}-errors`} texts={errors} />
    </div>
  );
}

function Errors({ id, texts }: { id: string; texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <ul id={id} role="alert" className="text-sm text-bad">
      {[...new Set(texts)].map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}

const inputTypes: Readonly<Record<string, string>> = { email: "email", uri: "url" };

/** What a field shows of its value; one of another shape than the field's is shown as JSON. */
function textOf(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function Control({ id, field, value, errors, disabled, onChange }: RowProps) {
  const { kind, schema, required } = field;
  // The kind is chosen once: a field must not change under the cursor.
  const [isLong] = useState(
    () => (schema.maxLength ?? 0) > 200 || (typeof value === "string" && (value.includes("\n") || value.length > 80)),
  );
  const describedBy = [errors.length > 0 ? `${id}-errors` : "", schema.description === undefined ? "" : `${id}-help`].join(" ").trim();
  const shared = {
    id,
    name: id,
    disabled,
    "aria-invalid": errors.length > 0,
    "aria-describedby": describedBy === "" ? undefined : describedBy,
  };
  const text = textOf(value);
  if (kind === "boolean") {
    const { name: _name, ...ids } = shared;
    return (
      <span className="flex h-8 items-center gap-2">
        <Switch {...ids} aria-label={readableText(field.name)} checked={value === true} onCheckedChange={onChange} />
        <span className="font-mono text-sm text-muted">{value === undefined ? "not set" : text}</span>
      </span>
    );
  }
  if (kind === "choice") {
    const options = schema.enum ?? none;
    const chosen = options.indexOf(value);
    return (
      <NativeSelect
        {...shared}
        required={required}
        value={chosen === -1 ? "" : String(chosen)}
        onChange={(event) => onChange(event.target.value === "" ? undefined : options[Number(event.target.value)])}
      >
        <option value="">not set</option>
        {options.map((option, index) => (
          <option key={String(option)} value={String(index)}>
            {String(option)}
          </option>
        ))}
      </NativeSelect>
    );
  }
  if (kind === "number") {
    const isWhole = schema.type === "integer";
    return (
      <Input
        {...shared}
        type="number"
        className="font-mono"
        required={required}
        min={schema.minimum}
        max={schema.maximum}
        step={schema.multipleOf ?? (isWhole ? 1 : "any")}
        value={text}
        onChange={(event) => onChange(event.target.value === "" ? undefined : Number(event.target.value))}
      />
    );
  }
  const changeText = (next: string): void => onChange(next === "" ? undefined : next);
  return isLong ? (
    <Textarea {...shared} rows={3} required={required} value={text} onChange={(event) => changeText(event.target.value)} />
  ) : (
    <Input
      {...shared}
      type={inputTypes[schema.format ?? ""] ?? "text"}
      required={required}
      value={text}
      onChange={(event) => changeText(event.target.value)}
    />
  );
}

/** A default that one can read beside the name. */
const isShown = (value: unknown): boolean =>
  (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "boolean";
