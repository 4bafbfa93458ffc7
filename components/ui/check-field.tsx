"use client";
import { useId, type ReactNode } from "react";
import { Checkbox } from "./toggle";

interface CheckFieldProps {
  label: ReactNode;
  help?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onCheckedChange: (checked: boolean) => void;
}

/** A checkbox with its words beside it. */
export function CheckField({ label, help, checked, disabled = false, onCheckedChange }: CheckFieldProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <Checkbox
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={onCheckedChange}
        className="mt-0.5"
        aria-describedby={help === undefined ? undefined : `${id}-help`}
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {help === undefined ? null : (
          <p id={`${id}-help`} className="text-sm text-faint">
            {help}
          </p>
        )}
      </div>
    </div>
  );
}
