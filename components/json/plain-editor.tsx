"use client";
import type { RefObject } from "react";

export interface EditorProps {
  value: string;
  onChange: (text: string) => void;
  label: string;
  describedBy?: string | undefined;
  invalid: "valid" | "invalid";
  editable: "editable" | "read-only";
  minHeight: string;
  maxHeight: string;
  /** mod+enter inside the editor. */
  onSubmit?: (() => void) | undefined;
}

/** Where the cursor stands in the plain field while it has the focus. */
export interface Caret {
  start: number;
  end: number;
}

export interface PlainEditorProps extends EditorProps {
  caretRef: RefObject<Caret | null>;
  /** The pointer comes near. */
  onNear?: () => void;
  onUse?: () => void;
}

/** The same text in the same place, at once and without colours, until the editor is wanted and has come. */
export function PlainEditor({
  value,
  onChange,
  label,
  describedBy,
  invalid,
  editable,
  minHeight,
  maxHeight,
  onSubmit,
  caretRef,
  onNear,
  onUse,
}: PlainEditorProps) {
  const keep = ({ selectionStart: start, selectionEnd: end }: HTMLTextAreaElement): void => {
    caretRef.current = { start, end };
  };
  return (
    <textarea
      aria-label={label}
      aria-describedby={describedBy}
      aria-invalid={invalid === "invalid"}
      readOnly={editable === "read-only"}
      spellCheck={false}
      value={value}
      rows={Math.max(1, value.split("\n").length)}
      style={{ minHeight, maxHeight }}
      className="block field-sizing-content w-full resize-none bg-canvas py-1.5 pr-1.5 pl-13 font-mono text-sm leading-5 outline-none"
      onPointerEnter={onNear}
      onFocus={(event) => {
        keep(event.currentTarget);
        onUse?.();
      }}
      onBlur={() => {
        caretRef.current = null;
      }}
      onSelect={(event) => keep(event.currentTarget)}
      onChange={(event) => {
        keep(event.currentTarget);
        onChange(event.target.value);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
        event.preventDefault();
        event.stopPropagation();
        onSubmit?.();
      }}
    />
  );
}
