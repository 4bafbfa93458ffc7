"use client";
import { useMemo, useState } from "react";
import { useNow } from "@/components/live/live-provider";
import { isFinal } from "@/lib/contracts/run-status";
import { createTimeScale, roomyEnd, type TimeScale } from "@/lib/time/time-scale";
import { traceRows, type TraceRow } from "@/lib/trace/trace-rows";
import type { TraceTree } from "@/lib/trace/trace-tree";
import type { RunData, TraceData } from "./use-run";

export interface Waterfall {
  rows: readonly TraceRow[];
  scale: TimeScale;
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

export function useWaterfall({ data, trace }: { data: Pick<RunData, "detail" | "relations" | "children">; trace: TraceData }): Waterfall {
  const { detail: run, relations, children: counts } = data;
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const live = !isFinal(run.status);
  const now = useNow(live ? 1_000 : null);
  const startMs = Date.parse(run.createdAt);
  const { tree, version } = trace;

  const rows = useMemo(() => {
    const children = relations.filter((row) => row.parentId === run.id);
    // The tree grows in place; `version` says when.
    return version && traceRows({ run, tree, children, counts, closed, opened });
  }, [run, tree, version, relations, counts, closed, opened]);

  const endMs = live ? roomyEnd(startMs, now) : Math.max(startMs + 1, ...rows.map((row) => row.endMs ?? 0));
  const scale = useMemo(() => createTimeScale({ startMs, endMs, busy: [...busyOf(tree, rows, endMs), [startMs, startMs]] }), [tree, rows, startMs, endMs]);

  return {
    rows,
    scale,
    toggle(row) {
      if (row.children === 0) return;
      const [held, set] = row.kind === "group" ? [opened, setOpened] : [closed, setClosed];
      const next = new Set(held);
      if (!next.delete(row.key)) next.add(row.key);
      set(next);
    },
    openAll() {
      setClosed(new Set());
      setOpened(new Set(rows.flatMap((row) => (row.kind === "group" ? [row.key] : []))));
    },
    closeAll() {
      setClosed(new Set(rows.flatMap((row) => (row.children > 0 && row.kind === "span" ? [row.key] : []))));
      setOpened(new Set());
    },
  };
}
