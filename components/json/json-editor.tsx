"use client";
import dynamic from "next/dynamic";
import { useId } from "react";
import { cn } from "../ui/cn";
import { Skeleton } from "../ui/skeleton";
import { describeJson } from "@/lib/json-text";

const CodeMirror = dynamic(() => import("./code-mirror").then((module) => module.CodeMirror), {
  ssr: false,
  loading: () => (
    <output aria-label="Loading the editor" className="flex flex-col gap-2 p-3">
      <Skeleton className="h-3 w-24" />
      <Skeleton className="h-3 w-48" />
      <Skeleton className="h-3 w-32" />
    </output>
  ),
});

export interface JsonEditorProps {
  /** JSON as typed; it may be broken while it is edited. Empty means "no value". */
  value: string;
  onChange: (text: string) => void;
  label: string;
  /** Errors from elsewhere (the server), shown under the editor; parse errors show by themselves. */
  error?: string | undefined;
  /** Below an error; what to enter. */
  help?: string | undefined;
  readOnly?: boolean;
  minHeight?: string;
  maxHeight?: string;
  /** ⌘Enter. */
  onSubmit?: (() => void) | undefined;
  className?: string;
}

export function JsonEditor({ value, onChange, label, error, help, readOnly, minHeight = "160px", maxHeight = "480px", onSubmit, className }: JsonEditorProps) {
  const id = useId();
  const parseError = describeJson(value);
  const message = parseError ?? error;
  return (
    <div className={className}>
      <div className={cn("overflow-hidden rounded border border-line-strong focus-within:outline-2 focus-within:outline-accent", message !== undefined && "border-bad")} style={{ minHeight }}>
        <CodeMirror
          value={value}
          onChange={onChange}
          label={label}
          describedBy={message !== undefined || help !== undefined ? id : undefined}
          invalid={message === undefined ? "valid" : "invalid"}
          editable={readOnly === true ? "read-only" : "editable"}
          minHeight={minHeight}
          maxHeight={maxHeight}
          onSubmit={onSubmit}
        />
      </div>
      {message !== undefined ? (
        <p id={id} role="alert" className="mt-1 text-sm break-words whitespace-pre-line text-bad">
          {message}
        </p>
      ) : help !== undefined ? (
        <p id={id} className="mt-1 text-sm text-faint">
          {help}
        </p>
      ) : null}
    </div>
  );
}
