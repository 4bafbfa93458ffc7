"use client";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, linter } from "@codemirror/lint";
import { tags } from "@lezer/highlight";
import ReactCodeMirror, { EditorView, keymap, Prec, type Extension } from "@uiw/react-codemirror";
import { useMemo, type RefObject } from "react";
import type { Caret, EditorProps } from "./plain-editor";

const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.propertyName, color: "var(--syntax-key)" },
    { tag: tags.string, color: "var(--syntax-string)" },
    { tag: tags.number, color: "var(--syntax-number)" },
    { tag: [tags.bool, tags.null], color: "var(--syntax-literal)" },
  ]),
);

const look = EditorView.theme({
  "&": { fontSize: "12px", backgroundColor: "var(--canvas)", color: "var(--fg)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-geist-mono), ui-monospace, monospace", lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--fg)", padding: "6px 0" },
  ".cm-cursor": { borderLeftColor: "var(--fg)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--faint)", border: "none", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--hover) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--fg)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent)",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--active)", outline: "1px solid var(--line-strong)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--fg)", border: "1px solid var(--line)", borderRadius: "6px" },
  ".cm-panels": { backgroundColor: "var(--panel)", color: "var(--fg)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--active)", border: "none", color: "var(--muted)" },
});

/** An empty editor is no payload, not an error. */
const parse = jsonParseLinter();
const check = linter((view) => (view.state.doc.toString().trim() === "" ? [] : parse(view)), { delay: 250 });

export function CodeMirror({
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
}: EditorProps & { caretRef: RefObject<Caret | null> }) {
  const extensions = useMemo<Extension[]>(
    () => [
      json(),
      check,
      lintGutter(),
      colours,
      look,
      EditorView.lineWrapping,
      // The gutter belongs to the whole field, not only to the lines there are.
      EditorView.theme({ ".cm-content, .cm-gutter": { minHeight } }),
      EditorView.contentAttributes.of({
        "aria-label": label,
        "aria-invalid": String(invalid === "invalid"),
        ...(describedBy === undefined ? {} : { "aria-describedby": describedBy }),
      }),
      Prec.highest(
        keymap.of([
          {
            key: "Mod-Enter",
            run: () => {
              onSubmit?.();
              return onSubmit !== undefined;
            },
          },
        ]),
      ),
    ],
    [label, invalid, describedBy, onSubmit, minHeight],
  );
  return (
    <ReactCodeMirror
      value={value}
      onChange={onChange}
      onCreateEditor={(view) => {
        // It takes over from the plain field under the hands of who types.
        if (caretRef.current === null) return;
        const { length } = view.state.doc;
        view.focus();
        view.dispatch({ selection: { anchor: Math.min(length, caretRef.current.start), head: Math.min(length, caretRef.current.end) } });
      }}
      extensions={extensions}
      theme="none"
      maxHeight={maxHeight}
      editable={editable === "editable"}
      indentWithTab={false}
      basicSetup={{ highlightActiveLine: true, autocompletion: false, searchKeymap: true, foldGutter: true }}
    />
  );
}
