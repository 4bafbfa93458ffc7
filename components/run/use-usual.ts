"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { getJson } from "@/components/live/api";
import type { UsualTrace } from "@/lib/contracts/run-compared";
import type { TraceRow } from "@/lib/trace/trace-rows";
import type { TraceTree } from "@/lib/trace/trace-tree";
import { keyOfSpan, spanKey } from "@/lib/trace/usual";
import { runPath } from "./use-run";

/** What was usual when the page was opened stays good for so long. */
const staleMs = 300_000;

export interface Usual {
  /** Runs that tell; undefined: not read yet. */
  runs: number | undefined;
  /** Of a line of the waterfall, in ms; null: nothing tells. */
  of: (row: TraceRow) => number | null;
}

/** How long the run and its spans usually take: medians of the task's last runs that completed. */
export function useUsual(id: string, tree: TraceTree): Usual {
  const { data } = useQuery({
    queryKey: ["usual-trace", id],
    queryFn: ({ signal }) => getJson<UsualTrace>(`${runPath(id)}/usual`, signal),
    staleTime: staleMs,
  });
  return useMemo(() => {
    const spans = new Map(data?.spans.map((span) => [spanKey(span.parent, span.name), span.p50Ms]));
    return {
      runs: data?.runs,
      of(row) {
        if (row.kind === "self") return data?.p50Ms ?? null;
        // Spans of child runs are of other tasks.
        return row.kind === "span" && tree.span(row.span.id) === row.span ? (spans.get(keyOfSpan(tree, row.span)) ?? null) : null;
      },
    };
  }, [data, tree]);
}
