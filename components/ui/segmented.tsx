"use client";
import { useId, type ReactNode } from "react";
import { cn } from "./cn";

export interface SegmentedProps<Value extends string> {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  options: readonly { value: Value; label: ReactNode }[];
  className?: string;
}

/** One of a few, all visible. */
export function Segmented<Value extends string>({ label, value, onChange, options, className }: SegmentedProps<Value>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className={cn("inline-flex h-7 items-center rounded border border-line p-0.5", className)}>
      {options.map((option) => (
        <label
          key={option.value}
          className="relative flex h-full cursor-pointer items-center rounded-sm px-2 text-sm text-muted hover:text-fg has-[:checked]:bg-active has-[:checked]:text-fg has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-accent"
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            className="absolute inset-0 cursor-pointer opacity-0"
          />
          {option.label}
        </label>
      ))}
    </div>
  );
}
