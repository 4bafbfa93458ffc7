"use client";
import Form from "@rjsf/core";
import type { ErrorSchema, RJSFSchema, TemplatesType, UiSchema } from "@rjsf/utils";
import { useMemo } from "react";
import { toFormSchema } from "@/lib/forms/form-schema";
import { toErrorTree, type Issue } from "@/lib/forms/issues";
import * as templates from "./form-templates";
import { formValidator } from "./form-validator";
import { BaseInput, CheckboxesWidget, CheckboxWidget, DateTimeWidget, SelectWidget, TextWidget } from "./form-widgets";

const formTemplates: Partial<Omit<TemplatesType, "ButtonTemplates">> & { ButtonTemplates: TemplatesType["ButtonTemplates"] } = {
  BaseInputTemplate: BaseInput,
  FieldTemplate: templates.FieldTemplate,
  ObjectFieldTemplate: templates.ObjectFieldTemplate,
  ArrayFieldTemplate: templates.ArrayFieldTemplate,
  ArrayFieldItemTemplate: templates.ArrayFieldItemTemplate,
  MultiSchemaFieldTemplate: templates.MultiSchemaFieldTemplate,
  DescriptionFieldTemplate: templates.DescriptionFieldTemplate,
  FieldErrorTemplate: templates.FieldErrorTemplate,
  UnsupportedFieldTemplate: templates.UnsupportedFieldTemplate,
  OptionalDataControlsTemplate: templates.OptionalDataControlsTemplate,
  TitleFieldTemplate: templates.TitleFieldTemplate,
  ButtonTemplates: templates.buttonTemplates,
};
const widgets = { TextWidget, SelectWidget, CheckboxWidget, CheckboxesWidget, DateTimeWidget };
const uiSchema: UiSchema = { "ui:submitButtonOptions": { norender: true } };

const none: readonly Issue[] = [];

export interface SchemaFormProps {
  schema: Record<string, unknown>;
  value: unknown;
  onChange: (value: unknown) => void;
  /** What the server found wrong, by path below the value. */
  issues?: readonly Issue[] | undefined;
  disabled?: boolean | undefined;
  /** Distinguishes the ids of several forms on one page. */
  name: string;
}

export function SchemaForm({ schema, value, onChange, issues = none, disabled, name }: SchemaFormProps) {
  const drawn = useMemo<RJSFSchema>(() => toFormSchema(schema), [schema]);
  // The library's type of the tree wants keys of the form's data, which is unknown here.
  const errors = useMemo(() => toErrorTree(issues) as ErrorSchema, [issues]);
  return (
    <Form
      tagName="div"
      schema={drawn}
      uiSchema={uiSchema}
      formData={value}
      validator={formValidator}
      templates={formTemplates}
      widgets={widgets}
      idPrefix={name}
      extraErrors={errors}
      showErrorList={false}
      noValidate
      noHtml5Validate
      disabled={disabled ?? false}
      onChange={(event) => onChange(event.formData)}
    />
  );
}
