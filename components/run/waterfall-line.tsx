"use client";
import { ChevronRight, List } from "lucide-react";
import { memo } from "react";
import { useRow } from "@/components/live/hooks";
import { useNow } from "@/components/live/live-provider";
import { cn } from "@/components/ui/cn";
import { Link } from "@/components/ui/link";
import { toneBar, toneText, type Tone } from "@/components/ui/tone";
import type { RunRow } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { formatTicking, formatTook } from "@/lib/view/format";
import type { TimeScale } from "@/lib/time/time-scale";
import type { TraceRow } from "@/lib/trace/trace-rows";
import { lookOfRow } from "./row-look";
import { OthersText } from "@/components/ui/others-text";
import { readableText } from "@/lib/view/readable-text";

export const lineHeight = 28;
/** Of what still lasts. */
export const tickMs = 250;
/** Tree, bars, duration. */
export const split = "grid grid-cols-[var(--names)_minmax(0,1fr)_4.5rem]";
const indent = 14;
/** Deeper lines stand no further right, or their names had no room. */
const deepest = 8;

export interface WaterfallLineProps {
  row: TraceRow;
  run: RunRow;
  scale: TimeScale;
  top: number;
  selected: boolean;
  /** How long it usually takes, in ms; null: nothing tells. */
  usualMs: number | null;
  id: string;
  onSelect: (row: TraceRow) => void;
  onToggle: (row: TraceRow) => void;
}

export const WaterfallLine = memo(function WaterfallLine({
  row: given,
  run,
  scale,
  top,
  selected,
  usualMs,
  id,
  onSelect,
  onToggle,
}: WaterfallLineProps) {
  const child = given.kind === "run" ? given.run : given.kind === "span" ? given.run : undefined;
  const newest = useRow(child ?? run);
  const row =
    child && given.kind === "run"
      ? { ...given, run: newest, endMs: newest.finishedAt === undefined ? null : Date.parse(newest.finishedAt) }
      : child && given.kind === "span"
        ? { ...given, run: newest }
        : given;
  const { Icon, name, tone, turns } = lookOfRow(row, run);
  const runs = row.endMs === null && !isFinal(child ? newest.status : run.status);
  return (
    // Keys are those of the tree around it, which has the focus.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="treeitem"
      id={id}
      aria-level={row.depth + 1}
      aria-selected={selected}
      {...(row.children > 0 && { "aria-expanded": row.open })}
      tabIndex={-1}
      data-span={row.key}
      onClick={() => onSelect(row)}
      style={{ transform: `translateY(${top}px)` }}
      className={cn(split, "absolute inset-x-0 top-0 h-7 items-center hover:bg-hover", selected && "bg-accent-soft hover:bg-accent-soft")}
    >
      <div
        className="flex h-full min-w-0 items-center gap-1.5 border-r border-line pr-2"
        style={{ paddingLeft: 8 + Math.min(row.depth, deepest) * indent }}
      >
        {row.children > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            aria-label={`${row.open ? "Close" : "Open"} ${readableText(name)}`}
            onClick={(event) => {
              event.stopPropagation();
              onToggle(row);
            }}
            className="flex size-6 shrink-0 items-center justify-center rounded-sm text-faint hover:bg-active"
          >
            <ChevronRight aria-hidden className={cn("size-3.5 transition-transform duration-[120ms]", row.open && "rotate-90")} />
          </button>
        ) : (
          <span className="w-6 shrink-0" />
        )}
        <Icon aria-hidden className={cn("size-3.5 shrink-0", toneText[tone], turns && runs && "turn")} />
        <OthersText
          text={name}
          whole="on hover"
          className={cn("truncate", row.kind === "self" && "font-medium", tone === "bad" && "text-bad")}
        />
        {child ? (
          <Link
            href={`/runs/${child.id}`}
            tabIndex={-1}
            prefetch={false}
            onClick={(event) => event.stopPropagation()}
            className="ml-auto shrink-0 font-mono text-sm text-faint hover:text-fg hover:underline"
          >
            {row.kind === "run" ? child.id.slice(-4) : "open"}
          </Link>
        ) : row.kind === "group" || row.kind === "rest" ? (
          <Link
            href={`/runs?${new URLSearchParams({ parent: row.parent, task: row.name })}`}
            tabIndex={-1}
            prefetch={false}
            onClick={(event) => event.stopPropagation()}
            aria-label="As a list"
            title="As a list"
            className="ml-auto shrink-0 text-faint hover:text-fg"
          >
            {/* The name and the number beside it need the room that words would take. */}
            <List aria-hidden className="size-3.5" />
          </Link>
        ) : null}
      </div>
      <Bar row={row} run={run} scale={scale} tone={tone} runs={runs} usualMs={usualMs} />
    </div>
  );
});

interface BarProps extends Pick<WaterfallLineProps, "row" | "run" | "scale" | "usualMs"> {
  tone: Tone;
  /** It still lasts. */
  runs: boolean;
}

function Bar({ row, run, scale, tone, runs, usualMs }: BarProps) {
  const now = useNow(runs ? tickMs : null);
  // A span that the run left open ended with it.
  const endMs = row.endMs ?? (runs ? Math.max(now, row.startMs) : Date.parse(run.finishedAt ?? run.updatedAt));
  const from = scale.at(row.startMs);
  const to = Math.max(scale.at(endMs), from);
  const isOutside = endMs < scale.startMs || row.startMs > scale.endMs;
  const queued = row.kind === "self" && run.startedAt ? scale.at(Date.parse(run.createdAt)) : null;
  const length = endMs - row.startMs;
  return (
    <>
      <div className="relative h-full overflow-hidden">
        {queued === null ? null : (
          <div
            title="Queued"
            className="absolute top-1/2 h-1 -translate-y-1/2 rounded-sm bg-idle-soft"
            style={{ left: percent(queued), width: percent(from - queued) }}
          />
        )}
        {usualMs === null || isOutside ? null : (
          <div
            data-usual={usualMs}
            title={`Usually ${formatTook(usualMs)}`}
            className="absolute top-1/2 h-[1.125rem] min-w-0.5 -translate-y-1/2 rounded-sm border border-line-strong bg-idle-soft"
            style={{ left: percent(from), width: percent(Math.max(scale.at(row.startMs + usualMs), from) - from) }}
          />
        )}
        {isOutside ? null : (
          <div
            className={cn(
              "absolute top-1/2 h-3 min-w-0.5 -translate-y-1/2 rounded-sm",
              toneBar[tone],
              row.kind === "span" && row.span.icon === "wait" && "opacity-60",
              row.kind === "self" && "h-1.5",
            )}
            style={{ left: percent(from), width: percent(to - from) }}
          />
        )}
        {row.kind === "span"
          ? row.span.marks
              .slice(0, 50)
              .map((mark) => (
                <div
                  key={`${mark.atMs} ${mark.level}`}
                  title={`${mark.level} logged`}
                  className={cn("absolute top-1 bottom-1 w-px", mark.level === "error" ? "bg-bad" : "bg-needs")}
                  style={{ left: percent(scale.at(mark.atMs)) }}
                />
              ))
          : null}
      </div>
      <span className="truncate pr-3 text-right font-mono text-sm text-faint">{runs ? formatTicking(length) : formatTook(length)}</span>
    </>
  );
}

const percent = (part: number): string => `${Math.max(0, part) * 100}%`;
