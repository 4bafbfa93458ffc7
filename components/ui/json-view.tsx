"use client";
import { ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import { printJsonTree, readPacketTree, type JsonNode } from "@/lib/values/json-tree";
import { cn } from "./cn";
import { CopyButton } from "./copy";
import { Segmented } from "./segmented";
import { visibleText } from "@/lib/view/readable-text";

export interface JsonViewProps {
  /** Text as stored; null: nothing. */
  text: string | null;
  /** `application/json`, `application/super+json` or `text/plain`. */
  type: string;
  /** What stands there when there is nothing. */
  empty?: string;
  className?: string;
}

const shownChildren = 100;
const shownChars = 600;
/** Levels that are open at first. */
const openLevels = 2;

/** Data of others, for reading only: nothing in it is ever run, linked or drawn. */
export function JsonView({ text, type, empty = "None", className }: JsonViewProps) {
  const [look, setLook] = useState<"tree" | "raw">("tree");
  const tree = useMemo(() => (text === null ? null : readPacketTree(text, type)), [text, type]);
  if (text === null || text === "") return <p className={cn("text-faint", className)}>{empty}</p>;
  if (type === "application/store") return <p className={cn("text-muted", className)}>Too large to show here; stored apart as {text}.</p>;
  const pretty = (): string => (tree && tree.kind !== "string" ? printJsonTree(tree) : text);
  return (
    <div className={cn("group/json relative min-w-0 rounded border border-line bg-panel", className)}>
      <div className="absolute top-1 right-1 z-10 flex items-center gap-1 rounded bg-panel opacity-0 group-focus-within/json:opacity-100 group-hover/json:opacity-100 [@media(hover:none)]:opacity-100">
        {tree && tree.kind !== "string" ? (
          <Segmented
            label="View"
            value={look}
            onChange={setLook}
            options={[
              { value: "tree", label: "Tree" },
              { value: "raw", label: "Raw" },
            ]}
          />
        ) : null}
        <CopyButton text={pretty} label="Copy" />
      </div>
      <div dir="ltr" className="overflow-x-auto p-2 font-mono text-sm leading-5">
        {tree === null || look === "raw" ? (
          <Raw text={look === "raw" ? pretty() : text} />
        ) : tree.kind === "string" ? (
          <LongText text={tree.value} quoted={type !== "text/plain"} />
        ) : (
          <Node node={tree} level={0} />
        )}
      </div>
    </div>
  );
}

const Raw = ({ text }: { text: string }) => <LongText text={text} quoted={false} />;

function LongText({ text, quoted }: { text: string; quoted: boolean }) {
  const [all, setAll] = useState(false);
  const cut = !all && text.length > shownChars * 10;
  return (
    <pre className={cn("whitespace-pre-wrap [overflow-wrap:anywhere]", quoted && "text-[var(--syntax-string)]")}>
      <bdi>{visibleText(cut ? text.slice(0, shownChars * 10) : text)}</bdi>
      {cut ? <More onClick={() => setAll(true)}>show all {text.length.toLocaleString("en")} characters</More> : null}
    </pre>
  );
}

const More = ({ onClick, children }: { onClick: () => void; children: React.ReactNode }) => (
  <button type="button" onClick={onClick} className="ml-1 rounded-sm font-sans text-accent hover:underline">
    {children}
  </button>
);

function Node({ node, level, name }: { node: JsonNode; level: number; name?: string }) {
  const [open, setOpen] = useState(level < openLevels);
  const [limit, setLimit] = useState(shownChildren);
  const label =
    name === undefined ? null : (
      <>
        <bdi className="text-[var(--syntax-key)]">{visibleText(name)}</bdi>
        <span className="text-faint">: </span>
      </>
    );
  if (node.kind !== "object" && node.kind !== "array") {
    return (
      <div className="pl-4 [overflow-wrap:anywhere]">
        {label}
        <Leaf node={node} />
      </div>
    );
  }
  const children = node.kind === "object" ? node.entries : node.items.map((value, index) => ({ key: String(index), value }));
  const size = children.length;
  const marks = node.kind === "object" ? "{}" : "[]";
  if (size === 0) {
    return (
      <div className="pl-4">
        {label}
        <span className="text-faint">{marks}</span>
      </div>
    );
  }
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center rounded-sm text-left hover:bg-hover"
      >
        <ChevronRight aria-hidden className={cn("size-4 shrink-0 text-faint transition-transform duration-[120ms]", open && "rotate-90")} />
        <span className="truncate">
          {label}
          <span className="text-faint">
            {marks[0]}
            {open ? "" : `… ${marks[1]}`} {size} {node.kind === "array" ? (size === 1 ? "item" : "items") : size === 1 ? "key" : "keys"}
          </span>
        </span>
      </button>
      {open ? (
        <div className="ml-2 border-l border-line pl-2">
          {children.slice(0, limit).map((entry, index) => (
            // Keys may repeat; the place in the text does not.
            // oxlint-disable-next-line react/no-array-index-key
            <Node key={index} node={entry.value} level={level + 1} name={entry.key} />
          ))}
          {size > limit ? <More onClick={() => setLimit(limit + shownChildren * 5)}>{size - limit} more</More> : null}
        </div>
      ) : null}
    </div>
  );
}

function Leaf({ node }: { node: Exclude<JsonNode, { kind: "object" | "array" }> }) {
  const [all, setAll] = useState(false);
  if (node.kind === "number") return <span className="text-[var(--syntax-number)]">{node.text}</span>;
  if (node.kind === "literal") return <span className="text-[var(--syntax-literal)]">{node.text}</span>;
  const cut = !all && node.value.length > shownChars;
  return (
    <span className="whitespace-pre-wrap text-[var(--syntax-string)]">
      &quot;<bdi>{visibleText(cut ? node.value.slice(0, shownChars) : node.value)}</bdi>&quot;
      {cut ? <More onClick={() => setAll(true)}>show all {node.value.length.toLocaleString("en")} characters</More> : null}
    </span>
  );
}
