"use client";
import { useMemo } from "react";
import type { Issue } from "@/lib/forms/issues";
import { fitsPlainForm, plainFields } from "@/lib/forms/plain-form";
import { lazily } from "../ui/lazily";
import { Skeleton } from "../ui/skeleton";
import { PlainForm } from "./plain-form";
import type { SchemaFormProps } from "./schema-form-body";

const none: readonly Issue[] = [];

/** Draws any schema; loads when the first one is shown that needs it. */
const FullForm = lazily(
  async () => (await import("./schema-form-body")).SchemaForm,
  () => (
    <output aria-label="Loading the form" className="flex flex-col gap-3">
      {[24, 32, 28].map((width) => (
        <div key={width} className="flex flex-col gap-1">
          <Skeleton className="h-4 w-24" />
          <Skeleton className="h-8 w-full" />
        </div>
      ))}
    </output>
  ),
);

/** The form of a JSON Schema. */
export function SchemaForm(props: SchemaFormProps) {
  const { schema, value, onChange, issues = none, disabled, name } = props;
  const fields = useMemo(() => plainFields(schema), [schema]);
  if (fields !== null && fitsPlainForm(fields, value))
    return <PlainForm fields={fields} value={value} onChange={onChange} issues={issues} disabled={disabled} name={name} />;
  return <FullForm {...props} />;
}
