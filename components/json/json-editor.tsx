"use client";
import { lazy, Suspense, useId, useRef, useState, useSyncExternalStore } from "react";
import { describeJson } from "@/lib/values/json-text";
import { cn } from "../ui/cn";
import { PlainEditor, type Caret, type EditorProps } from "./plain-editor";

const load = () => import("./code-mirror");
const CodeMirror = lazy(() => load().then((module) => ({ default: module.CodeMirror })));

/** It is read whenever the editor is drawn; nothing tells when it changes. */
const never = () => () => undefined;

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
  /** mod+enter. */
  onSubmit?: (() => void) | undefined;
  className?: string;
}

export function JsonEditor({
  value,
  onChange,
  label,
  error,
  help,
  readOnly,
  minHeight = "160px",
  maxHeight = "480px",
  onSubmit,
  className,
}: JsonEditorProps) {
  const id = useId();
  const [used, setUsed] = useState(false);
  // Opened by a click or a key, it is what was asked for; on a page that has just loaded nobody may ever want to edit.
  const isActive = useSyncExternalStore(
    never,
    () => navigator.userActivation.hasBeenActive,
    () => false,
  );
  const caretRef = useRef<Caret | null>(null);
  const parseError = describeJson(value);
  const message = parseError ?? error;
  const shared: EditorProps = {
    value,
    onChange,
    label,
    describedBy: message !== undefined || help !== undefined ? id : undefined,
    invalid: message === undefined ? "valid" : "invalid",
    editable: readOnly === true ? "read-only" : "editable",
    minHeight,
    maxHeight,
    onSubmit,
  };
  return (
    <div className={className}>
      <div
        className={cn(
          "overflow-hidden rounded border border-line-strong focus-within:outline-2 focus-within:outline-accent",
          message !== undefined && "border-bad",
        )}
        style={{ minHeight }}
      >
        {used || isActive ? (
          <Suspense fallback={<PlainEditor {...shared} caretRef={caretRef} />}>
            <CodeMirror {...shared} caretRef={caretRef} />
          </Suspense>
        ) : (
          <PlainEditor {...shared} caretRef={caretRef} onNear={() => void load()} onUse={() => setUsed(true)} />
        )}
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
