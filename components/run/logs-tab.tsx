"use client";
import { ArrowDown, X } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { CopyButton } from "@/components/ui/copy";
import { Input, NativeSelect } from "@/components/ui/input";
import { JsonView } from "@/components/ui/json-view";
import { ErrorState } from "@/components/ui/state";
import { useRowWindow } from "@/components/ui/use-row-window";
import type { RunDetail } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import type { TraceRow } from "@/lib/trace/trace-rows";
import type { LogLine, TraceTree } from "@/lib/trace/trace-tree";
import { AnsiText } from "./ansi-text";
import { useFollow } from "./follow";
import type { TraceData } from "./use-run";
import { OthersText } from "@/components/ui/others-text";
import { Clock } from "@/components/live/time";
import { readableText } from "@/lib/view/readable-text";

const levels = ["debug", "log", "info", "warn", "error"] as const;
type Level = (typeof levels)[number];
const rank = (level: string): number => Math.max(0, levels.indexOf(level as Level)); // an unknown level ranks lowest
const tones: Record<string, string> = { error: "text-bad", warn: "text-needs", info: "text-moving", debug: "text-faint" };
const lineHeight = 24;
const assumed = { width: 600, height: 600 };

/** A span and what is below it. */
function spansBelow(tree: TraceTree, id: string): Set<string> {
  const found = new Set([id]);
  const walk = (parent: string): void => {
    for (const child of tree.children(parent)) {
      if (found.has(child.id)) continue;
      found.add(child.id);
      walk(child.id);
    }
  };
  walk(id);
  return found;
}

export function LogsTab({ trace, row, run, onSpan }: { trace: TraceData; row: TraceRow | undefined; run: RunDetail; onSpan: (key: string | null) => void }) {
  const { tree, version } = trace;
  const [text, setText] = useState("");
  const [least, setLeast] = useState<Level>("debug");
  const span = row?.kind === "span" ? row.span : undefined;
  const lines = useMemo(() => {
    const below = span && spansBelow(tree, span.id);
    const word = text.toLowerCase();
    // The tree grows in place; `version` says when.
    return version && tree.logs().filter((line) => rank(line.level) >= rank(least) && (below === undefined || (line.spanId !== null && below.has(line.spanId))) && (word === "" || line.message.toLowerCase().includes(word)));
  }, [tree, version, span, text, least]);

  return (
    <>
      <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <Input aria-label="Find in logs" placeholder="Find in logs" value={text} onChange={(event) => setText(event.target.value)} className="h-7 w-40 flex-1" />
        <NativeSelect aria-label="Lowest level" value={least} onChange={(event) => setLeast(levels.find((level) => level === event.target.value) ?? "debug")} className="h-7 w-24">
          {levels.map((level) => (
            <option key={level} value={level}>
              {level}
            </option>
          ))}
        </NativeSelect>
        <CopyButton text={() => lines.map((line) => `${new Date(line.atMs).toISOString()} ${line.level.padEnd(5)} ${readableText(line.message)}`).join("\n")} label="Copy these lines" />
        {span ? (
          <Button size="sm" look="ghost" onClick={() => onSpan(null)} className="max-w-full">
            <span className="truncate">
              only <OthersText text={span.name} />
            </span>
            <X aria-hidden className="size-3" />
          </Button>
        ) : null}
      </div>
      {trace.error ? <ErrorState className="m-4" title="The trace could not be read" detail={trace.error.message} onRetry={trace.retry} /> : null}
      {lines.length === 0 ? (
        <p className="p-4 text-faint">{text !== "" || least !== "debug" || span ? "No line fits." : isFinal(run.status) ? "The run wrote no logs." : "Lines show up here as the run writes them, from console and logger alike."}</p>
      ) : (
        <Lines lines={lines} isLive={!isFinal(run.status)} onSpan={onSpan} />
      )}
    </>
  );
}

function Lines({ lines, isLive, onSpan }: { lines: readonly LogLine[]; isLive: boolean; onSpan: (key: string) => void }) {
  const [openLine, setOpenLine] = useState<number | null>(null);
  const { box, following, onScroll, follow } = useFollow(lines.length);
  const [seen, setSeen] = useState(lines.length);
  if (following && seen !== lines.length) setSeen(lines.length);
  const news = lines.length - seen;
  const [openHeight, setOpenHeight] = useState(lineHeight);
  const measure = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setOpenHeight(element.offsetHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const openIndex = openLine === null ? -1 : lines.findIndex((line) => line.seq === openLine);
  const { indexes, topOf, totalHeight } = useRowWindow({ scroller: box, count: lines.length, height: lineHeight, open: openIndex === -1 ? undefined : { index: openIndex, height: openHeight }, overscan: 20, assumed });
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div ref={box} onScroll={onScroll} className="min-h-0 flex-1 overflow-auto font-mono text-sm" role="log" aria-label="Logs">
        <div className="relative" style={{ height: totalHeight }}>
          {indexes.map((index) => {
            const line = lines[index];
            if (!line) return null;
            const isOpen = index === openIndex;
            return (
              <div key={line.seq} ref={isOpen ? measure : undefined} style={{ transform: `translateY(${topOf(index)}px)` }} className={cn("absolute inset-x-0 top-0", isOpen && "bg-hover")}>
                <button type="button" aria-expanded={isOpen} onClick={() => setOpenLine(isOpen ? null : line.seq)} className="flex min-h-6 w-full items-baseline gap-2 px-4 text-left leading-6 -outline-offset-2 hover:bg-hover">
                  <Clock atMs={line.atMs} className="shrink-0 text-faint" />
                  <span className={cn("w-9 shrink-0", tones[line.level] ?? "text-muted")}>{line.level}</span>
                  <AnsiText text={line.message} className={cn("min-w-0 flex-1", isOpen ? "break-words whitespace-pre-wrap" : "truncate", line.level === "error" && "text-bad")} />
                </button>
                {isOpen ? (
                  <div className="flex flex-col gap-2 px-4 pb-2 font-sans">
                    {line.attributes ? <JsonView text={JSON.stringify(line.attributes)} type="application/json" /> : null}
                    <div className="flex items-center gap-2">
                      {line.spanId === null ? null : (
                        <Button size="sm" onClick={() => onSpan(line.spanId ?? "")}>
                          Show its span
                        </Button>
                      )}
                      <CopyButton text={line.message} label="Copy message" />
                    </div>
                  </div>
                ) : null}
              </div>
            );
          })}
        </div>
      </div>
      {following ? null : (
        <button type="button" onClick={follow} className="appear absolute right-4 bottom-3 flex h-7 items-center gap-1.5 rounded-full bg-inverse px-3 font-medium text-inverse-fg shadow-float">
          <ArrowDown aria-hidden className="size-3.5" />
          {news > 0 ? `${news} new` : isLive ? "Follow" : "To the end"}
        </button>
      )}
    </div>
  );
}
