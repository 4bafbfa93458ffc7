"use client";
import { useId, type ComponentProps, type ReactNode } from "react";
import { cn } from "./cn";

const field =
  "w-full rounded border border-line-strong bg-canvas text-fg placeholder:text-faint focus-visible:outline-2 focus-visible:outline-offset-0 aria-[invalid=true]:border-bad disabled:opacity-60";

export const Input = ({ className, type = "text", ...rest }: ComponentProps<"input">) => (
  <input type={type} className={cn(field, "h-8 px-2.5", className)} {...rest} />
);

export const Textarea = ({ className, ...rest }: ComponentProps<"textarea">) => (
  <textarea className={cn(field, "min-h-16 px-2.5 py-1.5", className)} {...rest} />
);

/** The platform's own select: right on phones and with a keyboard. */
export const NativeSelect = ({ className, children, ...rest }: ComponentProps<"select">) => (
  <select className={cn(field, "h-8 px-2", className)} {...rest}>
    {children}
  </select>
);

export interface FieldProps {
  label: ReactNode;
  /** What to enter, in one sentence. */
  help?: ReactNode;
  error?: string | undefined;
  className?: string;
  /** Receives the ids and states that tie the control to its label, help and error. */
  children: (control: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean }) => ReactNode;
}

export function Field({ label, help, error, className, children }: FieldProps) {
  const id = useId();
  const describedBy = error ? `${id}-error` : help ? `${id}-help` : undefined;
  return (
    <div className={cn("flex flex-col gap-1", className)}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children({ id, "aria-describedby": describedBy, "aria-invalid": error !== undefined })}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-sm text-bad">
          {error}
        </p>
      ) : help ? (
        <p id={`${id}-help`} className="text-sm text-faint">
          {help}
        </p>
      ) : null}
    </div>
  );
}
