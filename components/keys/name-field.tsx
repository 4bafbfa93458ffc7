"use client";
import { Field, Input } from "../ui/input";
import type { SecretForm } from "./secret-dialog";

/** The first field of a form that makes something with a name; Enter makes it. */
export const NameField = ({
  value,
  onChange,
  form,
  maxLength = 64,
}: {
  value: string;
  onChange: (value: string) => void;
  form: SecretForm;
  maxLength?: number;
}) => (
  <Field label="Name" error={form.problem?.error}>
    {(control) => (
      <Input
        {...control}
        value={value}
        maxLength={maxLength}
        onChange={(event) => {
          onChange(event.target.value);
          form.changed();
        }}
        onKeyDown={(event) => (event.key === "Enter" ? form.submit() : undefined)}
      />
    )}
  </Field>
);
