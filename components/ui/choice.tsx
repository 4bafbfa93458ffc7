"use client";
import { readableText } from "@/lib/view/readable-text";
import { NativeSelect } from "./input";

/** One of the values, or none of them; a value that is chosen and not among them is shown all the same. */
export function Choice({
  label,
  none,
  value,
  values,
  onChange,
}: {
  label: string;
  none: string;
  value: string;
  values: readonly string[];
  onChange: (value: string | null) => void;
}) {
  const shown = value === "" || values.includes(value) ? values : [value, ...values];
  return (
    <NativeSelect
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}
      className="h-7 w-36 py-0 text-sm"
    >
      <option value="">{none}</option>
      {shown.map((one) => (
        <option key={one} value={one}>
          {readableText(one)}
        </option>
      ))}
    </NativeSelect>
  );
}
