"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { getJson } from "@/components/live/api";
import { useLiveRun, useLiveTrace, usePaced, usePolling } from "@/components/live/hooks";
import { useClock } from "@/components/live/live-provider";
import type { ChildCount, ChildrenPage, RunPage, TracePage } from "@/lib/contracts/dashboard";
import { limits } from "@/lib/contracts/limits";
import type { RunDetail, RunEvent, RunRow, TraceItem } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { createTraceTree, type TraceTree } from "@/lib/trace/trace-tree";

export interface RunData {
  detail: RunDetail;
  /** Oldest first. */
  events: readonly RunEvent[];
  relations: readonly RunRow[];
  /** How many children there are of each task, when there are more than `relations` has. */
  children: readonly ChildCount[];
  error: Error | null;
  /** The server ended the subscription. */
  failure: { status: number; error: string } | undefined;
  retry: () => void;
}

export const runPath = (id: string): string => `/api/dashboard/runs/${encodeURIComponent(id)}`;

const newer = <Row extends RunRow>(a: Row, b: Row | undefined): Row => (b && b.version >= a.version ? b : a);

/** What the packet store holds comes over HTTP only; the socket sends its key. */
function withContent(detail: RunDetail, read: RunDetail): RunDetail {
  const payload = detail.payloadType === "application/store" ? { payload: read.payload, payloadType: read.payloadType } : {};
  const output = detail.outputType === "application/store" ? { output: read.output, outputType: read.outputType } : {};
  return { ...detail, ...payload, ...output };
}

export function newestRows(...lists: (readonly RunRow[])[]): RunRow[] {
  const byId = new Map<string, RunRow>();
  for (const row of lists.flat()) {
    const held = byId.get(row.id);
    if (!held || row.version > held.version) byId.set(row.id, row);
  }
  return [...byId.values()];
}

/** So often the children of a large fleet are counted again while it moves; each of the newest is pushed. */
const recountMs = 2_000;

function useChildren(id: string, initial: RunPage, relations: readonly RunRow[]): readonly ChildCount[] {
  const listed = relations.reduce((sum, row) => sum + (row.parentId === id ? 1 : 0), 0);
  const isMany = listed >= limits.listedChildren;
  const query = useQuery({
    queryKey: ["children", id],
    queryFn: ({ signal }) => getJson<ChildrenPage>(`${runPath(id)}/children`, signal),
    initialData: { children: initial.children },
    enabled: isMany,
    refetchInterval: ({ state }) =>
      isMany && (!isFinal(initial.detail.status) || state.data?.children.some((count) => count.live > 0)) ? recountMs : false,
  });
  return isMany ? query.data.children : none;
}
const none: readonly ChildCount[] = [];

/** Those that are counted only as well. */
export function countRelations({ detail, relations, children }: Pick<RunData, "detail" | "relations" | "children">): number {
  const listed = relations.filter((row) => row.parentId === detail.id).length;
  return (
    relations.length -
    listed +
    Math.max(
      listed,
      children.reduce((sum, count) => sum + count.total, 0),
    )
  );
}

/** From so many relations on, the page takes changes over together: each costs the work of all of them. */
const largeFleet = 500;
const largeFleetMs = 250;

/** A run from its page's first answer on, kept current by the socket, or by polling where that cannot be. */
export function useRun(id: string, initial: RunPage): RunData {
  const { interval, measure } = usePolling();
  const { data: newest, failure } = useLiveRun(id);
  const live = usePaced(newest, newest.relations.length < largeFleet ? 0 : largeFleetMs);
  const stored = live.detail?.outputType === "application/store" ? live.detail.version : 0;
  const query = useQuery({
    queryKey: ["run", id, stored],
    queryFn: ({ signal }) => measure(() => getJson<RunPage>(runPath(id), signal)),
    ...(stored === 0 ? { initialData: initial } : { placeholderData: initial }),
    refetchInterval: interval,
  });
  const page = query.data ?? initial;
  const detail = useMemo(() => withContent(newer(page.detail, live.detail), page.detail), [page.detail, live.detail]);
  const relations = useMemo(
    () => newestRows(initial.relations, page.relations, live.relations),
    [initial.relations, page.relations, live.relations],
  );
  return {
    detail,
    relations,
    children: useChildren(id, { ...initial, detail }, relations),
    events: live.events.length >= page.events.length ? live.events : page.events,
    error: query.error,
    failure,
    retry: () => void query.refetch(),
  };
}

/** All trace lines after a position, given page by page: what is made of a page is made before the next one comes. */
async function readPages(
  id: string,
  after: number,
  { signal, take }: { signal: AbortSignal; take: (items: readonly TraceItem[]) => void },
): Promise<void> {
  for (let next: number | undefined = after; next !== undefined;) {
    const page: TracePage = await getJson<TracePage>(`${runPath(id)}/trace?after=${next}`, signal);
    take(page.items);
    next = page.next;
  }
}

export async function readTrace(id: string, signal: AbortSignal): Promise<TraceItem[]> {
  const items: TraceItem[] = [];
  await readPages(id, 0, { signal, take: (page) => items.push(...page) });
  return items;
}

/** From so many lines on, the waterfall is laid out anew at most each `longTraceMs`: the work of it grows with the trace. */
const longTrace = 2_000;
const longTraceMs = 250;

export interface TraceData {
  tree: TraceTree;
  /** Another object whenever the tree has grown. */
  version: object;
  error: Error | null;
  retry: () => void;
}

/** Lines of a run may come a little after its end. */
const trailMs = 60_000;

const endedLongAgo = ({ status, finishedAt }: RunDetail, now: number): boolean =>
  isFinal(status) && finishedAt !== undefined && now - Date.parse(finishedAt) > trailMs;

/** The trace of a run from its page's first answer on. `run`: as it was then. */
export function useTrace(run: RunDetail, first: TracePage): TraceData {
  const { id } = run;
  const { interval, measure } = usePolling();
  const clock = useClock();
  // To what ended long ago nothing is added: its lines need not come over the socket as well.
  const [isOver] = useState(() => endedLongAgo(run, clock.now()));
  const { data: newest } = useLiveTrace(isOver ? null : id);
  const live = usePaced(newest, newest.items.length < longTrace ? 0 : longTraceMs);
  const [tree] = useState(createTraceTree);
  const query = useQuery({
    queryKey: ["trace", id],
    queryFn: ({ signal }) =>
      measure(async () => {
        // Into the tree piece by piece: all at once would hold up the page.
        await readPages(id, first.next ?? 0, { signal, take: (items) => tree.apply(items) });
        return {};
      }),
    enabled: first.next !== undefined || interval !== false,
    refetchInterval: interval,
  });
  const { data: read } = query;
  const version = useMemo(() => {
    tree.apply(first.items);
    tree.apply(live.items);
    // Whatever was read is in the tree already.
    return { read };
  }, [tree, first, live, read]);
  return { tree, version, error: query.error, retry: () => void query.refetch() };
}
