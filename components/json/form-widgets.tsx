"use client";
import {
  ariaDescribedByIds,
  enumOptionSelectedValue,
  enumOptionValueDecoder,
  enumOptionValueEncoder,
  examplesId,
  getInputProps,
  getOptionValueFormat,
  type BaseInputTemplateProps,
  type WidgetProps,
} from "@rjsf/utils";
import { useState } from "react";
import { Input, NativeSelect, Textarea } from "../ui/input";
import { Checkbox, Switch } from "../ui/toggle";

const state = ({ id, rawErrors }: WidgetProps) => ({
  id,
  name: id,
  "aria-describedby": ariaDescribedByIds(id),
  "aria-invalid": (rawErrors?.length ?? 0) > 0,
});

export function BaseInput(props: BaseInputTemplateProps) {
  const { id, value, required, disabled, readonly, placeholder, schema, options, type, onChange, onChangeOverride, onBlur, onFocus } =
    props;
  const examples: unknown[] = Array.isArray(schema.examples) ? schema.examples : [];
  return (
    <>
      <Input
        {...state(props)}
        {...getInputProps(schema, type, options)}
        className={typeof value === "number" ? "font-mono" : undefined}
        value={value === undefined || value === null ? "" : String(value)}
        required={required}
        disabled={disabled}
        readOnly={readonly}
        placeholder={placeholder}
        list={examples.length > 0 ? examplesId(id) : undefined}
        onChange={onChangeOverride ?? ((event) => onChange(event.target.value === "" ? options.emptyValue : event.target.value))}
        onBlur={(event) => onBlur(id, event.target.value)}
        onFocus={(event) => onFocus(id, event.target.value)}
      />
      {examples.length > 0 ? (
        <datalist id={examplesId(id)}>
          {examples.map((example) => (
            <option key={String(example)}>{String(example)}</option>
          ))}
        </datalist>
      ) : null}
    </>
  );
}

/** Text that is long, or may be, gets several lines. The kind is chosen once: a field must not change under the cursor. */
export function TextWidget(props: WidgetProps) {
  const { id, value, schema, required, disabled, readonly, placeholder, options, onChange, onBlur, onFocus, registry } = props;
  const [isLong] = useState(
    () => (schema.maxLength ?? 0) > 200 || (typeof value === "string" && (value.includes("\n") || value.length > 80)),
  );
  if (!isLong) return <registry.templates.BaseInputTemplate {...props} />;
  return (
    <Textarea
      {...state(props)}
      value={typeof value === "string" ? value : ""}
      required={required}
      disabled={disabled}
      readOnly={readonly}
      placeholder={placeholder}
      rows={3}
      onChange={(event) => onChange(event.target.value === "" ? options.emptyValue : event.target.value)}
      onBlur={(event) => onBlur(id, event.target.value)}
      onFocus={(event) => onFocus(id, event.target.value)}
    />
  );
}

export function SelectWidget(props: WidgetProps) {
  const { id, value, schema, options, multiple, required, disabled, readonly, placeholder, onChange } = props;
  const format = getOptionValueFormat(options);
  const choose = (next: string | string[]) => onChange(enumOptionValueDecoder(next, options.enumOptions, format, options.emptyValue));
  return (
    <NativeSelect
      {...state(props)}
      className={multiple ? "h-24 py-1" : undefined}
      multiple={multiple}
      value={enumOptionSelectedValue(value, options.enumOptions, multiple ?? false, format, multiple ? [] : "")}
      required={required}
      disabled={disabled || readonly}
      onChange={(event) => choose(multiple ? [...event.target.selectedOptions].map((option) => option.value) : event.target.value)}
      onBlur={() => props.onBlur(id, value)}
      onFocus={() => props.onFocus(id, value)}
    >
      {!multiple && schema.default === undefined ? <option value="">{placeholder ?? ""}</option> : null}
      {(options.enumOptions ?? []).map((option, index) => (
        <option key={String(option.value)} value={enumOptionValueEncoder(option.value, index, format)}>
          {option.label}
        </option>
      ))}
    </NativeSelect>
  );
}

export function CheckboxWidget(props: WidgetProps) {
  const { value, disabled, readonly, label, onChange } = props;
  const { name: _name, ...ids } = state(props);
  return (
    <span className="flex h-8 items-center gap-2">
      <Switch
        {...ids}
        aria-label={label}
        checked={value === true}
        disabled={disabled || readonly}
        onCheckedChange={(checked) => onChange(checked)}
      />
      <span className="font-mono text-sm text-muted">{value === undefined ? "not set" : String(value)}</span>
    </span>
  );
}

/** Several of a fixed set. */
export function CheckboxesWidget(props: WidgetProps) {
  const { id, value, options, disabled, readonly, onChange } = props;
  const chosen: unknown[] = Array.isArray(value) ? value : [];
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-1" aria-describedby={ariaDescribedByIds(id)}>
      {(options.enumOptions ?? []).map((option) => (
        <label key={String(option.value)} className="flex items-center gap-2">
          <Checkbox
            checked={chosen.includes(option.value)}
            disabled={disabled || readonly}
            onCheckedChange={(checked) => onChange(checked ? [...chosen, option.value] : chosen.filter((item) => item !== option.value))}
          />
          {option.label}
        </label>
      ))}
    </div>
  );
}

/** A moment as JSON has it: an ISO string. The platform's picker gives local time. */
export function DateTimeWidget(props: WidgetProps) {
  const { value, required, disabled, readonly, options, onChange } = props;
  const date = typeof value === "string" && value !== "" ? new Date(value) : null;
  const local =
    date === null || Number.isNaN(date.getTime())
      ? ""
      : new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return (
    <Input
      {...state(props)}
      type="datetime-local"
      step={1}
      value={local}
      required={required}
      disabled={disabled}
      readOnly={readonly}
      onChange={(event) => onChange(event.target.value === "" ? options.emptyValue : new Date(event.target.value).toISOString())}
    />
  );
}
