"use client";
import { ArrowDown } from "lucide-react";
import { useCallback, useState } from "react";
import { Clock } from "@/components/live/time";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { CopyButton } from "@/components/ui/copy";
import { Input, NativeSelect } from "@/components/ui/input";
import { JsonView } from "@/components/ui/json-view";
import { OthersText } from "@/components/ui/others-text";
import { useRowWindow } from "@/components/ui/use-row-window";
import type { LogLine } from "@/lib/trace/trace-tree";
import { readableText } from "@/lib/view/readable-text";
import { AnsiText } from "./ansi-text";
import { useFollow } from "./follow";

const levels = ["debug", "log", "info", "warn", "error"] as const;
export type Level = (typeof levels)[number];
const rank = (level: string): number => Math.max(0, levels.indexOf(level as Level)); // an unknown level ranks lowest
const tones: Record<string, string> = { error: "text-bad", warn: "text-needs", info: "text-moving", debug: "text-faint" };
const lineHeight = 24;
const assumed = { width: 600, height: 600 };

export interface LogSearch {
  text: string;
  least: Level;
}

export const fitsSearch = ({ level, message }: Pick<LogLine, "level" | "message">, { text, least }: LogSearch): boolean =>
  rank(level) >= rank(least) && (text === "" || message.toLowerCase().includes(text.toLowerCase()));

export function LogFilter({
  search,
  onSearch,
  lines,
}: {
  search: LogSearch;
  onSearch: (next: LogSearch) => void;
  lines: readonly LogLine[];
}) {
  return (
    <>
      <Input
        aria-label="Find in logs"
        placeholder="Find in logs"
        value={search.text}
        onChange={(event) => onSearch({ ...search, text: event.target.value })}
        className="h-7 w-40 flex-1"
      />
      <NativeSelect
        aria-label="Lowest level"
        value={search.least}
        onChange={(event) => onSearch({ ...search, least: levels.find((level) => level === event.target.value) ?? "debug" })}
        className="h-7 w-24"
      >
        {levels.map((level) => (
          <option key={level} value={level}>
            {level}
          </option>
        ))}
      </NativeSelect>
      <CopyButton
        text={() =>
          lines.map((line) => `${new Date(line.atMs).toISOString()} ${line.level.padEnd(5)} ${readableText(line.message)}`).join("\n")
        }
        label="Copy these lines"
      />
    </>
  );
}

/** A line of one of several runs: where it comes from stands before it. */
export interface ShownLine extends LogLine {
  of?: { id: string; task: string };
}
const keyOf = (line: ShownLine): string => `${line.of?.id ?? ""} ${line.seq}`;

/** `name`: what the lines are, for those who cannot see where they stand. */
export function LogLines({
  lines,
  isLive,
  name,
  onSpan,
}: {
  lines: readonly ShownLine[];
  isLive: boolean;
  name: string;
  onSpan: (line: ShownLine) => void;
}) {
  const [openLine, setOpenLine] = useState<string | null>(null);
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
  const openIndex = openLine === null ? -1 : lines.findIndex((line) => keyOf(line) === openLine);
  const { indexes, topOf, totalHeight } = useRowWindow({
    scroller: box,
    count: lines.length,
    height: lineHeight,
    open: openIndex === -1 ? undefined : { index: openIndex, height: openHeight },
    overscan: 20,
    assumed,
  });
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div ref={box} onScroll={onScroll} className="min-h-0 flex-1 overflow-auto font-mono text-sm" role="log" aria-label={name}>
        <div className="relative" style={{ height: totalHeight }}>
          {indexes.map((index) => {
            const line = lines[index];
            if (!line) return null;
            const isOpen = index === openIndex;
            return (
              <div
                key={keyOf(line)}
                ref={isOpen ? measure : undefined}
                style={{ transform: `translateY(${topOf(index)}px)` }}
                className={cn("absolute inset-x-0 top-0", isOpen && "bg-hover")}
              >
                <button
                  type="button"
                  aria-expanded={isOpen}
                  onClick={() => setOpenLine(isOpen ? null : keyOf(line))}
                  className="flex min-h-6 w-full items-baseline gap-2 px-4 text-left leading-6 -outline-offset-2 hover:bg-hover"
                >
                  <Clock atMs={line.atMs} className="shrink-0 text-faint" />
                  <span className={cn("w-9 shrink-0", tones[line.level] ?? "text-muted")}>{line.level}</span>
                  {line.of === undefined ? null : (
                    <OthersText text={line.of.task} whole="on hover" className="w-28 shrink-0 truncate text-faint" />
                  )}
                  <AnsiText
                    text={line.message}
                    className={cn(
                      "min-w-0 flex-1",
                      isOpen ? "break-words whitespace-pre-wrap" : "truncate",
                      line.level === "error" && "text-bad",
                    )}
                  />
                </button>
                {isOpen ? (
                  <div className="flex flex-col gap-2 px-4 pb-2 font-sans">
                    {line.attributes ? <JsonView text={JSON.stringify(line.attributes)} type="application/json" /> : null}
                    <div className="flex items-center gap-2">
                      {line.spanId === null ? null : (
                        <Button size="sm" onClick={() => onSpan(line)}>
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
        <button
          type="button"
          onClick={follow}
          className="appear absolute right-4 bottom-3 flex h-7 items-center gap-1.5 rounded-full bg-inverse px-3 font-medium text-inverse-fg shadow-float"
        >
          <ArrowDown aria-hidden className="size-3.5" />
          {news > 0 ? `${news} new` : isLive ? "Follow" : "To the end"}
        </button>
      )}
    </div>
  );
}
