"use client";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { useLiveQueues } from "@/components/live/hooks";
import { Ago, Took } from "@/components/live/time";
import { cn } from "@/components/ui/cn";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { Progress } from "@/components/ui/progress";
import { TagButton } from "@/components/ui/tag";
import type { RunRow } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { isFieldColumn, type FieldColumn, type RunColumn } from "@/lib/runs/run-columns";
import { formatCount, formatDuration, formatPercent, shortId } from "@/lib/view/format";
import { readableText } from "@/lib/view/readable-text";
import { FamilyBar } from "./family-bar";
import { lookOf, StatusBadge, StatusIcon } from "./status";
import { useFamily } from "./use-families";
import { useValue } from "./use-values";

export interface CellProps {
  row: RunRow;
  /** Levels below the rows of the list itself. */
  depth: number;
  onTag: (tag: string) => void;
}

interface ColumnLook {
  name: string;
  /** Track of the grid, and the least that it takes, in px. */
  track: string;
  least: number;
  /** Of the cell. */
  className?: string;
  isRight?: boolean;
  Cell: (props: CellProps) => ReactNode;
}

const time = (at: string | undefined): ReactNode => (at === undefined ? <span className="text-faint">–</span> : <Ago at={at} />);
const words = (text: string | undefined): ReactNode =>
  text === undefined ? <span className="text-faint">–</span> : <OthersText text={text} whole="on hover" />;
const narrow = { track: "minmax(5.5rem, 0.6fr)", least: 88 } as const;
const aTime = { track: "5.5rem", least: 88, isRight: true, className: "relative z-10 truncate text-sm text-faint" } as const;

const looks: Record<FieldColumn, ColumnLook> = {
  status: {
    name: "Status",
    track: "9rem",
    least: 144,
    className: "flex min-w-0",
    Cell: ({ row }) => <StatusBadge run={row} className="max-w-full" />,
  },
  task: { name: "Task", track: "minmax(0,1.25fr)", least: 140, className: "flex min-w-0 items-center gap-2", Cell: TaskCell },
  run: {
    name: "Run",
    track: "8.5rem",
    least: 136,
    className: "truncate font-mono text-sm text-faint",
    Cell: ({ row }) => <span title={row.id}>{shortId(row.id)}</span>,
  },
  tags: {
    name: "Tags",
    track: "minmax(0,1.1fr)",
    least: 100,
    className: "relative z-10 min-w-0",
    Cell: ({ row, onTag }) => <Tags tags={row.tags} onTag={onTag} />,
  },
  progress: { name: "Progress", track: "minmax(0,1.5fr)", least: 120, className: "min-w-0", Cell: ProgressCell },
  started: { name: "Started", ...aTime, Cell: StartOf },
  took: {
    name: "Took",
    track: "4.5rem",
    least: 72,
    isRight: true,
    className: "truncate font-mono text-sm text-muted",
    Cell: ({ row }) =>
      row.startedAt === undefined ? <span className="text-faint">–</span> : <Took from={row.startedAt} to={row.finishedAt} />,
  },
  created: { name: "Created", ...aTime, Cell: ({ row }) => time(row.createdAt) },
  finished: { name: "Finished", ...aTime, Cell: ({ row }) => time(row.finishedAt) },
  queue: { name: "Queue", track: "minmax(0,0.8fr)", least: 96, className: "truncate text-muted", Cell: ({ row }) => words(row.queue) },
  key: {
    name: "Concurrency key",
    track: "minmax(0,0.8fr)",
    least: 112,
    className: "truncate text-muted",
    Cell: ({ row }) => words(row.concurrencyKey),
  },
  version: { name: "Version", ...narrow, className: "truncate font-mono text-sm text-muted", Cell: ({ row }) => words(row.deployment) },
  attempts: {
    name: "Attempts",
    track: "4.5rem",
    least: 72,
    isRight: true,
    className: "truncate font-mono text-sm text-muted",
    Cell: ({ row }) => <>{row.maxAttempts === undefined ? row.attempt : `${row.attempt}/${row.maxAttempts}`}</>,
  },
  machine: { name: "Machine", ...narrow, className: "truncate text-muted", Cell: ({ row }) => words(row.machine) },
  compute: {
    name: "Compute",
    track: "5rem",
    least: 80,
    isRight: true,
    className: "truncate font-mono text-sm text-muted",
    Cell: ({ row }) => <>{formatDuration(row.usageMs)}</>,
  },
  error: {
    name: "Error",
    track: "minmax(0,1.4fr)",
    least: 120,
    className: "truncate",
    Cell: ({ row }) =>
      row.error === undefined ? (
        <span className="text-faint">–</span>
      ) : (
        <OthersText text={row.error.message} whole="on hover" className="text-bad" />
      ),
  },
};

/** A value out of a run's data: its path is its name. */
const valueLook = (path: string): ColumnLook => ({
  name: path,
  track: "minmax(0,0.8fr)",
  least: 96,
  className: "truncate",
  Cell: ({ row }) => <ValueCell id={row.id} path={path} />,
});
const valueLooks = new Map<string, ColumnLook>();

/** The same look each time that it is asked for: its cell is a component. */
export function columnLook(column: RunColumn): ColumnLook {
  if (isFieldColumn(column)) return looks[column];
  const held = valueLooks.get(column) ?? valueLook(column);
  valueLooks.set(column, held);
  return held;
}

function ValueCell({ id, path }: { id: string; path: string }) {
  const value = useValue(id, path);
  // Not read yet: nothing is said about it.
  if (value === undefined) return null;
  if (value === null) return <span className="text-faint">–</span>;
  if (value.kind === "large")
    return (
      <span className="text-sm text-faint" title="The data of this run is too large to look for the value in a list; its page shows it">
        large
      </span>
    );
  return <OthersText text={value.text} whole="on hover" className={value.kind === "text" ? "" : "font-mono text-sm tabular-nums"} />;
}

/** Deeper ones stand no further in: the name must have room. */
const deepest = 5;

function TaskCell({ row, depth }: CellProps) {
  const { family, open, toggle } = useFamily(row.id);
  return (
    <>
      {depth === 0 ? null : (
        <span
          aria-hidden
          className="ml-1 h-4 shrink-0 border-l border-line-strong"
          style={{ width: `${Math.min(depth, deepest) * 0.75}rem` }}
        />
      )}
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
      <Link href={`/runs/${row.id}`} prefetch={false} tabIndex={-1} className="min-w-0 truncate font-medium after:absolute after:inset-0">
        <OthersText text={row.task} whole="on hover" />
      </Link>
      {row.isTest ? <span className="rounded-sm bg-idle-soft px-1 text-xs text-muted">test</span> : null}
    </>
  );
}

function ProgressCell({ row }: CellProps) {
  const { family } = useFamily(row.id);
  if (!family) return <Doing row={row} />;
  return (
    <span className="flex min-w-0 items-center gap-3 overflow-hidden">
      <FamilyBar family={family} className="max-w-full shrink-0" />
      {/* One bar is enough: that of the children tells more. */}
      {row.error ? (
        <Doing row={row} />
      ) : row.progress?.label === undefined ? null : (
        <OthersText text={row.progress.label} whole="on hover" className="truncate text-muted" />
      )}
    </span>
  );
}

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
      <span className={cn("block truncate", lookOf(row).tone === "bad" ? "text-bad" : "text-faint")}>
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
          <Progress
            value={value}
            label={`Progress of ${readableText(row.task)}`}
            tone={isFinal(row.status) ? lookOf(row).tone : "moving"}
            className="w-10 shrink-0 @2xl:w-16"
          />
          <span className="shrink-0 font-mono text-sm text-muted">{formatPercent(value)}</span>
        </>
      )}
      {label === undefined ? null : <OthersText text={label} whole="on hover" className="truncate text-muted" />}
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
      {queue?.paused
        ? ", paused"
        : isFull
          ? `, which runs ${formatCount(queue.running)} of ${formatCount(queue.concurrencyLimit ?? 0)}`
          : ""}
    </span>
  );
}

const waitWords: Record<NonNullable<RunRow["waitingOn"]>, string> = {
  time: "until a set time",
  run: "for a child run",
  batch: "for child runs",
  token: "for an answer",
  input: "for input",
};

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
