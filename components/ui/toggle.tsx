"use client";
import { useEffect, useRef, type ComponentProps } from "react";
import { cn } from "./cn";

export interface CheckboxProps extends Omit<ComponentProps<"input">, "checked" | "type"> {
  checked?: boolean | "indeterminate";
  onCheckedChange?: (checked: boolean) => void;
}

/** Give it `aria-label` or an outer label. */
export function Checkbox({ checked, onCheckedChange, onChange, className, ...rest }: CheckboxProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // No attribute for it in HTML.
    if (input.current) input.current.indeterminate = checked === "indeterminate";
  }, [checked]);
  return (
    <input
      ref={input}
      type="checkbox"
      checked={checked === true}
      onChange={(event) => {
        onChange?.(event);
        onCheckedChange?.(event.currentTarget.checked);
      }}
      className={cn("size-4 shrink-0 accent-accent", className)}
      {...rest}
    />
  );
}

export interface SwitchProps extends Omit<ComponentProps<"input">, "type"> {
  onCheckedChange?: (checked: boolean) => void;
}

export function Switch({ onCheckedChange, onChange, className, ...rest }: SwitchProps) {
  return (
    <input
      type="checkbox"
      role="switch"
      aria-checked={rest.checked ?? false}
      onChange={(event) => {
        onChange?.(event);
        onCheckedChange?.(event.currentTarget.checked);
      }}
      className={cn(
        "h-5 w-9 shrink-0 appearance-none rounded-full bg-line-strong p-0.5 transition-colors duration-[120ms] before:block before:size-4 before:rounded-full before:bg-white before:transition-transform before:duration-[120ms] checked:bg-accent checked:before:translate-x-4",
        className,
      )}
      {...rest}
    />
  );
}
