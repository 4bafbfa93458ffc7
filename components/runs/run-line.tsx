"use client";
import { ChevronRight } from "lucide-react";
import { memo } from "react";
import { useLiveQueues, useRow, useTint } from "@/components/live/hooks";
import { Ago, Took } from "@/components/live/time";
import { cn } from "@/components/ui/cn";
import { Link } from "@/components/ui/link";
import { Progress } from "@/components/ui/progress";
import { TagButton } from "@/components/ui/tag";
import { Checkbox } from "@/components/ui/toggle";
import type { RunRow } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { formatCount, formatPercent, shortId } from "@/lib/view/format";
import { FamilyBar } from "./family-bar";
import { lookOf, StatusBadge, StatusIcon } from "./status";
import { useFamily } from "./use-families";
import { OthersText } from "@/components/ui/others-text";
import { readableText } from "@/lib/view/readable-text";

/** Columns by the width of the list itself: a phone shows status, task, progress and time. */
export const columns =
  "grid grid-cols-[1.25rem_minmax(0,1fr)_minmax(0,1fr)_4.5rem] @2xl:grid-cols-[1.25rem_9rem_minmax(0,1.3fr)_minmax(0,1.6fr)_5.5rem_5rem] @5xl:grid-cols-[1.25rem_9rem_minmax(0,1.2fr)_8.5rem_minmax(0,1.1fr)_minmax(0,1.5fr)_5.5rem_5rem] items-center gap-x-3 px-3";
export const fromMiddle = "hidden @2xl:block";
export const fromWide = "hidden @5xl:block";
export const rowHeight = 36;

export interface RunLineProps {
  row: RunRow;
  /** Levels below the rows of the list itself. */
  depth: number;
  index: number;
  top: number;
  selected: boolean;
  atCursor: boolean;
  onSelect: (index: number, range: "one" | "range") => void;
  onTag: (tag: string) => void;
  /** False: the run has changed and the filter would not find it any more; it stays where it was read. */
  fits: (row: RunRow) => boolean;
}

export const RunLine = memo(function RunLine({ row: given, depth, index, top, selected, atCursor, onSelect, onTag, fits }: RunLineProps) {
  const row = useRow(given);
  const tinted = useTint(row.status);
  const { family, open, toggle } = useFamily(row.id);
  return (
    <tr
      id={`row-${row.id}`}
      aria-rowindex={index + 2}
      aria-selected={selected}
      aria-level={depth + 1}
      {...(family && { "aria-expanded": open })}
      data-run={row.id}
      data-status={row.status}
      tabIndex={-1}
      style={{ transform: `translateY(${top}px)` }}
      className={cn(
        columns,
        "absolute inset-x-0 top-0 h-9 border-b border-line hover:bg-hover",
        selected && "bg-accent-soft hover:bg-accent-soft",
        atCursor && "bg-hover shadow-[inset_2px_0_0_var(--accent)]",
        tinted && "tint",
        // A child stands here because its parent is open, whatever the filter says of it.
        depth === 0 && !fits(row) && "opacity-55",
      )}
    >
      <td className="relative z-10 flex">
        <Checkbox
          checked={selected}
          tabIndex={-1}
          aria-label={`Select ${row.id}`}
          onChange={({ nativeEvent }) => onSelect(index, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey ? "range" : "one")}
        />
      </td>
      <td className="hidden min-w-0 @2xl:flex">
        <StatusBadge run={row} className="max-w-full" />
      </td>
      <td className="flex min-w-0 items-center gap-2">
        {depth === 0 ? null : <span aria-hidden className="ml-1 h-4 shrink-0 border-l border-line-strong" style={{ width: `${Math.min(depth, deepest) * 0.75}rem` }} />}
        {family ? (
          <button
            type="button"
            tabIndex={-1}
            aria-label={`${open ? "Close" : "Open"} the child runs of ${row.id}`}
            onClick={toggle}
            className="relative z-10 -ml-1.5 flex size-6 shrink-0 items-center justify-center rounded-sm text-faint hover:bg-active hover:text-fg"
          >
            <ChevronRight aria-hidden className={cn("size-3.5 transition-transform duration-[120ms]", open && "rotate-90")} />
          </button>
        ) : null}
        <StatusIcon run={row} className="@2xl:hidden" />
        <Link href={`/runs/${row.id}`} prefetch={false} tabIndex={-1} className="min-w-0 truncate font-medium after:absolute after:inset-0" >
          <OthersText text={row.task} whole="on hover" />
        </Link>
        {row.isTest ? <span className="rounded-sm bg-idle-soft px-1 text-xs text-muted">test</span> : null}
      </td>
      <td className={cn(fromWide, "truncate font-mono text-sm text-faint")} title={row.id}>
        {shortId(row.id)}
      </td>
      <td className={cn(fromWide, "relative z-10 min-w-0")}>
        <Tags tags={row.tags} onTag={onTag} />
      </td>
      <td className="min-w-0">
        {family ? (
          <span className="flex min-w-0 items-center gap-3 overflow-hidden">
            <FamilyBar family={family} className="shrink-0 max-w-full" />
            {/* One bar is enough: that of the children tells more. */}
            {row.error ? <Doing row={row} /> : row.progress?.label === undefined ? null : <OthersText text={row.progress.label} whole="on hover" className="truncate text-muted" />}
          </span>
        ) : (
          <Doing row={row} />
        )}
      </td>
      <td className={cn(fromMiddle, "relative z-10 truncate text-right text-sm text-faint")}>
        <StartOf row={row} />
      </td>
      <td className="truncate text-right font-mono text-sm text-muted">
        {row.startedAt === undefined ? <span className="text-faint">–</span> : <Took from={row.startedAt} to={row.finishedAt} />}
      </td>
    </tr>
  );
});

/** Deeper ones stand no further in: the name must have room. */
const deepest = 5;

/** More would be cut to a few letters each in the widest list that most screens give. */
const shownTags = 2;

function Tags({ tags, onTag }: { tags: readonly string[]; onTag: (tag: string) => void }) {
  const more = tags.length - shownTags;
  return (
    <div className="flex min-w-0 gap-1 overflow-hidden">
      {tags.slice(0, shownTags).map((tag) => (
        <TagButton key={tag} tag={tag} tabIndex={-1} className="max-w-24 min-w-7 first:shrink-0" onClick={() => onTag(tag)} />
      ))}
      {more > 0 ? (
        <span className="text-sm text-faint" title={readableText(tags.slice(shownTags).join(", "))}>
          +{more}
        </span>
      ) : null}
    </div>
  );
}

/** What the run says about itself: progress, the error, or what it waits for. */
function Doing({ row }: { row: RunRow }) {
  if (row.error && isFinal(row.status)) {
    return (
      <span className={cn("block truncate", lookOf(row).tone === "bad" ? "text-bad" : "text-faint")} >
        <OthersText text={row.error.message} whole="on hover" />
      </span>
    );
  }
  const { value, label } = row.progress ?? {};
  if (value === undefined && label === undefined) {
    return (
      <span className="block truncate text-faint">
        {row.status === "QUEUED" && row.retryAt === undefined ? <QueuedIn name={row.queue} /> : <OthersText text={waitsFor(row)} />}
        {row.startedAt === undefined && !isFinal(row.status) ? (
          <>
            {row.status === "QUEUED" ? ", since " : "created "}
            <Ago at={row.status === "QUEUED" ? (row.queuedAt ?? row.createdAt) : row.createdAt} />
          </>
        ) : null}
      </span>
    );
  }
  return (
    <span className="flex min-w-0 items-center gap-2">
      {value === undefined ? null : (
        <>
          <Progress value={value} label={`Progress of ${readableText(row.task)}`} tone={isFinal(row.status) ? lookOf(row).tone : "moving"} className="w-10 shrink-0 @2xl:w-16" />
          <span className="shrink-0 font-mono text-sm text-muted">{formatPercent(value)}</span>
        </>
      )}
      {label === undefined ? null : (
        <OthersText text={label} whole="on hover" className="truncate text-muted" />
      )}
    </span>
  );
}

/** The queue, and what holds it. */
function QueuedIn({ name }: { name: string }) {
  const queue = useLiveQueues().data.find((row) => row.name === name);
  const isFull = queue !== undefined && queue.concurrencyLimit !== null && queue.running >= queue.concurrencyLimit;
  return (
    <span className={queue?.paused ? "text-needs" : ""}>
      in <OthersText text={name} />
      {queue?.paused ? ", paused" : isFull ? `, which runs ${formatCount(queue.running)} of ${formatCount(queue.concurrencyLimit ?? 0)}` : ""}
    </span>
  );
}

const waitWords: Record<NonNullable<RunRow["waitingOn"]>, string> = { time: "until a set time", run: "for a child run", batch: "for child runs", token: "for an answer", input: "for input" };

function waitsFor(row: RunRow): string {
  if (row.status === "WAITING" && row.waitingOn) return waitWords[row.waitingOn];
  if (row.status === "QUEUED") return `attempt ${row.attempt + 1} to come`;
  if (row.status === "PENDING_VERSION") return "no deployed version has what it needs, ";
  return "";
}

/** When it started, or will; what has not started has no time of it. */
function StartOf({ row }: { row: RunRow }) {
  if (row.startedAt !== undefined) return <Ago at={row.startedAt} />;
  if (row.status === "DELAYED" && row.delayUntil !== undefined) return <Ago at={row.delayUntil} />;
  return <>{isFinal(row.status) ? "never" : "not yet"}</>;
}
