"use client";
import { useMemo, useState } from "react";
import { useNow } from "@/components/live/live-provider";
import type { RunRow } from "@/lib/contracts/run";
import { failedStatuses, isFinal } from "@/lib/contracts/run-status";
import { createTimeScale, roomyEnd, type TimeScale } from "@/lib/time/time-scale";
import { keepMatching } from "@/lib/trace/keep-matching";
import { runKey, traceRows, type TraceRow } from "@/lib/trace/trace-rows";
import type { TraceTree } from "@/lib/trace/trace-tree";
import { useInnerTraces } from "./use-inner-traces";
import type { RunData, TraceData } from "./use-run";

/** What is looked for; while anything is, only what fits and what is above it is shown. */
export interface WaterfallSearch {
  text: string;
  errorsOnly: boolean;
}

/** Part of the time that is shown. */
export interface Zoom {
  fromMs: number;
  toMs: number;
}

export interface Waterfall {
  rows: readonly TraceRow[];
  scale: TimeScale;
  /** Of the whole run: the minimap's. */
  whole: TimeScale;
  zoom: Zoom | null;
  setZoom: (zoom: Zoom | null) => void;
  search: WaterfallSearch;
  setSearch: (search: WaterfallSearch) => void;
  /** How many rows fit; null while nothing is looked for. */
  found: number | null;
  toggle: (row: TraceRow) => void;
  openAll: () => void;
  closeAll: () => void;
}

/** Stretches in which something happened; waits count by their edges only, so that they fold. */
function busyOf(tree: TraceTree, rows: readonly TraceRow[], nowMs: number): [number, number][] {
  const busy: [number, number][] = [];
  for (const row of rows) {
    if (row.kind === "run" || row.kind === "group" || row.kind === "rest") busy.push([row.startMs, row.endMs ?? nowMs]);
    else busy.push([row.startMs, row.startMs], [row.endMs ?? nowMs, row.endMs ?? nowMs]);
  }
  for (const span of tree.spans()) {
    const isWait = span.icon === "wait" || span.icon === "trigger";
    const end = span.endMs ?? nowMs;
    if (isWait || tree.children(span.id).length > 0) busy.push([span.startMs, span.startMs], [end, end]);
    else busy.push([span.startMs, end]);
  }
  return busy;
}

const none: ReadonlySet<string> = new Set();

function nameOf(row: TraceRow): string {
  switch (row.kind) {
    case "self":
      return "";
    case "run":
      return `${row.run.task} ${row.run.id}`;
    case "span":
      return row.run === undefined ? row.span.name : `${row.span.name} ${row.run.task} ${row.run.id}`;
    case "group":
    case "rest":
      return row.name;
  }
}

const hasFailed = (run: RunRow | undefined): boolean => run !== undefined && failedStatuses.includes(run.status);

function isError(row: TraceRow): boolean {
  switch (row.kind) {
    case "self":
    case "rest":
      return false;
    case "run":
      return hasFailed(row.run);
    case "span":
      return row.span.isError || hasFailed(row.run) || row.span.marks.some((mark) => mark.level === "error");
    case "group":
      return row.failed > 0;
  }
}

function fitting(rows: readonly TraceRow[], { text, errorsOnly }: WaterfallSearch): TraceRow[] {
  const word = text.trim().toLowerCase();
  return rows.filter((row) => row.kind !== "self" && (!errorsOnly || isError(row)) && nameOf(row).toLowerCase().includes(word));
}

export function useWaterfall({ data, trace }: { data: Pick<RunData, "detail" | "relations" | "children">; trace: TraceData }): Waterfall {
  const { detail: run, relations, children: counts } = data;
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const live = !isFinal(run.status);
  const now = useNow(live ? 1_000 : null);
  const startMs = Date.parse(run.createdAt);
  const { tree, version } = trace;
  const [search, setSearch] = useState<WaterfallSearch>({ text: "", errorsOnly: false });
  const [zoom, setZoom] = useState<Zoom | null>(null);
  const isSearching = search.errorsOnly || search.text.trim() !== "";
  const innerIds = useMemo(
    () => new Set([...opened].flatMap((key) => (key.startsWith(runKey("")) ? [key.slice(runKey("").length)] : []))),
    [opened],
  );
  const inner = useInnerTraces(innerIds);

  // What is looked for is found in what is closed, too. Where nothing is closed, nothing is laid out anew for it.
  const shut = isSearching || closed.size === 0 ? none : closed;
  const all = useMemo(() => {
    const children = relations.filter((row) => row.parentId === run.id);
    // The tree grows in place; `version` says when.
    return version && traceRows({ run, tree, children, counts, closed: shut, opened, inner });
  }, [run, tree, version, relations, counts, shut, opened, inner]);
  const matching = useMemo(() => (isSearching ? fitting(all, search) : null), [all, isSearching, search]);
  const rows = useMemo(() => {
    if (matching === null) return all;
    const wanted = new Set(matching);
    return keepMatching(all, (row) => wanted.has(row));
  }, [all, matching]);

  const endMs = live ? roomyEnd(startMs, now) : all.reduce((last, row) => Math.max(last, row.endMs ?? 0), startMs + 1);
  const whole = useMemo(
    () => createTimeScale({ startMs, endMs, busy: [...busyOf(tree, all, endMs), [startMs, startMs]] }),
    [tree, all, startMs, endMs],
  );
  // What is looked at closely is not folded: its length is chosen.
  const scale = useMemo(
    () => (zoom === null ? whole : createTimeScale({ startMs: zoom.fromMs, endMs: zoom.toMs, busy: [[zoom.fromMs, zoom.toMs]] })),
    [whole, zoom],
  );

  return {
    rows,
    scale,
    whole,
    zoom,
    setZoom,
    search,
    setSearch,
    found: matching?.length ?? null,
    toggle(row) {
      if (row.children === 0) return;
      const isOpened = row.kind === "group" || row.inner !== undefined;
      const key = row.inner === undefined ? row.key : runKey(row.inner);
      const [held, set] = isOpened ? [opened, setOpened] : [closed, setClosed];
      const next = new Set(held);
      if (!next.delete(key)) next.add(key);
      set(next);
    },
    openAll() {
      setClosed(new Set());
      // Traces of child runs stay as they are: to read them all is a wish of its own.
      setOpened((held) => new Set([...held, ...rows.flatMap((row) => (row.kind === "group" ? [row.key] : []))]));
    },
    closeAll() {
      setClosed(new Set(rows.flatMap((row) => (row.children > 0 && row.kind === "span" ? [row.key] : []))));
      setOpened(new Set());
    },
  };
}
