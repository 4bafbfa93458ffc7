"use client";
import {
  ADDITIONAL_PROPERTY_FLAG,
  canExpand,
  errorId,
  type ArrayFieldItemTemplateProps,
  type ArrayFieldTemplateProps,
  type DescriptionFieldProps,
  type FieldErrorProps,
  type FieldTemplateProps,
  type IconButtonProps,
  type MultiSchemaFieldTemplateProps,
  type ObjectFieldTemplateProps,
  type OptionalDataControlsTemplateProps,
  type UnsupportedFieldProps,
} from "@rjsf/utils";
import { ChevronDown, ChevronUp, CopyPlus, Plus, X } from "lucide-react";
import { Button, IconButton } from "../ui/button";
import { Input } from "../ui/input";
import { readableText } from "@/lib/view/readable-text";

const isContainer = (type: unknown) => type === "object" || type === "array";

/** One row: the property's name in mono, its control, help and errors under it. */
export function FieldTemplate(props: FieldTemplateProps) {
  const {
    id,
    label,
    required,
    hidden,
    displayLabel,
    schema,
    description,
    children,
    errors,
    help,
    fieldPathId,
    disabled,
    readonly,
    onKeyRenameBlur,
    onRemoveProperty,
  } = props;
  if (hidden) return <div className="hidden">{children}</div>;
  const isRoot = fieldPathId.path.length === 0;
  const isAdditional = ADDITIONAL_PROPERTY_FLAG in schema;
  if (isAdditional) {
    return (
      <div className="grid grid-cols-[minmax(6rem,1fr)_2fr_auto] items-start gap-2">
        <Input
          aria-label={`Name of property ${readableText(label)}`}
          className="font-mono"
          defaultValue={label}
          disabled={disabled || readonly}
          onBlur={onKeyRenameBlur}
        />
        <div className="min-w-0">
          {children}
          {errors}
        </div>
        <IconButton label={`Remove ${readableText(label)}`} disabled={disabled || readonly} onClick={onRemoveProperty}>
          <X className="size-4" />
        </IconButton>
      </div>
    );
  }
  return (
    <div className={isRoot ? "" : "flex flex-col gap-1"}>
      {displayLabel && !isRoot && !isContainer(schema.type) ? (
        <label htmlFor={id} className="flex items-baseline gap-2">
          <span className="font-mono text-sm font-medium">{readableText(label)}</span>
          {required ? null : <span className="text-xs text-faint">optional</span>}
        </label>
      ) : null}
      {children}
      {isContainer(schema.type) ? null : description}
      {errors}
      {help}
    </div>
  );
}

export function ObjectFieldTemplate({
  title,
  description,
  properties,
  schema,
  uiSchema,
  formData,
  fieldPathId,
  required,
  disabled,
  readonly,
  optionalDataControl,
  onAddProperty,
}: ObjectFieldTemplateProps) {
  const isRoot = fieldPathId.path.length === 0;
  const isUnion = (schema.oneOf !== undefined || schema.anyOf !== undefined) && properties.length === 0;
  if (isUnion) return null;
  const fields = (
    <div className="flex flex-col gap-3">
      {properties.map((property) => (
        <div key={property.name} className={property.hidden ? "hidden" : ""}>
          {property.content}
        </div>
      ))}
      {canExpand(schema, uiSchema, formData) ? (
        <Button size="sm" className="self-start" disabled={disabled || readonly} onClick={onAddProperty}>
          <Plus className="size-3.5" /> Add property
        </Button>
      ) : null}
    </div>
  );
  if (isRoot) return fields;
  return (
    <fieldset id={fieldPathId.$id} className="min-w-0 border-l border-line-strong pl-3">
      <legend className="float-left mb-1 flex w-full items-baseline gap-2">
        <span className="font-mono text-sm font-medium">{readableText(title)}</span>
        {required ? null : <span className="text-xs text-faint">optional</span>}
        {optionalDataControl}
      </legend>
      <div className="clear-both">
        {typeof description === "string" ? <p className="mb-2 text-sm text-faint">{readableText(description)}</p> : description}
        {fields}
      </div>
    </fieldset>
  );
}

export function ArrayFieldTemplate({
  title,
  items,
  canAdd,
  schema,
  fieldPathId,
  required,
  disabled,
  readonly,
  optionalDataControl,
  onAddClick,
}: ArrayFieldTemplateProps) {
  return (
    <fieldset id={fieldPathId.$id} className="min-w-0 border-l border-line-strong pl-3">
      <legend className="float-left mb-1 flex w-full items-baseline gap-2">
        <span className="font-mono text-sm font-medium">{readableText(title || "Items")}</span>
        <span className="text-xs text-faint">{required ? `${items.length}` : `${items.length}, optional`}</span>
        {optionalDataControl}
      </legend>
      <div className="clear-both flex flex-col gap-2">
        {schema.description ? <p className="text-sm text-faint">{readableText(schema.description)}</p> : null}
        {items}
        {canAdd ? (
          <Button size="sm" className="self-start" disabled={disabled || readonly} onClick={onAddClick}>
            <Plus className="size-3.5" /> Add item
          </Button>
        ) : null}
      </div>
    </fieldset>
  );
}

export function ArrayFieldItemTemplate({
  children,
  index,
  hasToolbar,
  disabled,
  readonly,
  buttonsProps: buttons,
}: ArrayFieldItemTemplateProps) {
  const off = disabled || readonly;
  const name = `item ${index + 1}`;
  return (
    <div className="flex items-start gap-2">
      <span className="mt-1.5 w-5 shrink-0 text-right font-mono text-xs text-faint">{index}</span>
      <div className="min-w-0 flex-1">{children}</div>
      {hasToolbar ? (
        <div className="flex shrink-0 pt-1">
          {buttons.hasMoveUp || buttons.hasMoveDown ? (
            <>
              <IconButton label={`Move ${name} up`} size="icon-sm" disabled={off || !buttons.hasMoveUp} onClick={buttons.onMoveUpItem}>
                <ChevronUp className="size-3.5" />
              </IconButton>
              <IconButton
                label={`Move ${name} down`}
                size="icon-sm"
                disabled={off || !buttons.hasMoveDown}
                onClick={buttons.onMoveDownItem}
              >
                <ChevronDown className="size-3.5" />
              </IconButton>
            </>
          ) : null}
          {buttons.hasCopy ? (
            <IconButton label={`Copy ${name}`} size="icon-sm" disabled={off} onClick={buttons.onCopyItem}>
              <CopyPlus className="size-3.5" />
            </IconButton>
          ) : null}
          {buttons.hasRemove ? (
            <IconButton label={`Remove ${name}`} size="icon-sm" disabled={off} onClick={buttons.onRemoveItem}>
              <X className="size-3.5" />
            </IconButton>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

export const MultiSchemaFieldTemplate = ({ selector, optionSchemaField }: MultiSchemaFieldTemplateProps) => (
  <div className="flex flex-col gap-2">
    <div className="max-w-64">{selector}</div>
    {optionSchemaField}
  </div>
);

export const DescriptionFieldTemplate = ({ id, description }: DescriptionFieldProps) => (
  <div id={id} className="text-sm text-faint">
    {typeof description === "string" ? readableText(description) : description}
  </div>
);

export function FieldErrorTemplate({ errors, fieldPathId }: FieldErrorProps) {
  if (errors === undefined || errors.length === 0) return null;
  return (
    <ul id={errorId(fieldPathId)} role="alert" className="text-sm text-bad">
      {[...new Set(errors)].map((error) => (
        <li key={typeof error === "string" ? error : error.key}>{error}</li>
      ))}
    </ul>
  );
}

export const UnsupportedFieldTemplate = ({ reason, schema }: UnsupportedFieldProps) => (
  <p className="rounded border border-line px-2 py-1.5 text-sm text-muted">
    {reason ?? "This part of the schema cannot be drawn"} ({String(schema.type ?? "no type")}). Switch to JSON to edit it.
  </p>
);

export function OptionalDataControlsTemplate({ label, onAddClick, onRemoveClick }: OptionalDataControlsTemplateProps) {
  const act = onAddClick ?? onRemoveClick;
  return act === undefined ? (
    <em className="text-faint">{label}</em>
  ) : (
    <IconButton label={label} size="icon-sm" onClick={act}>
      {onAddClick === undefined ? <X className="size-3.5" /> : <Plus className="size-3.5" />}
    </IconButton>
  );
}

/** The library asks for these by name; our templates above draw their own buttons with words for what they act on. */
const plainButton = (name: string) =>
  function TemplateButton({ onClick, disabled }: IconButtonProps) {
    return (
      <Button size="sm" disabled={disabled} onClick={onClick}>
        {name}
      </Button>
    );
  };
export const buttonTemplates = {
  AddButton: plainButton("Add"),
  CopyButton: plainButton("Copy"),
  MoveUpButton: plainButton("Up"),
  MoveDownButton: plainButton("Down"),
  RemoveButton: plainButton("Remove"),
  ClearButton: plainButton("Clear"),
  SubmitButton: () => null,
};

export const TitleFieldTemplate = () => null;
