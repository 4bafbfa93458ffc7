"use client";
import { useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { getJson } from "@/components/live/api";
import { useLiveRuns, usePolling } from "@/components/live/hooks";
import { useClock, useLive } from "@/components/live/live-provider";
import type { RunsPage } from "@/lib/contracts/dashboard";
import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { filterKey } from "@/lib/match-run";
import { toRunFilter, type RunsView } from "@/lib/run-filter";
import { runsPath } from "./runs-path";
import { viewKey } from "./use-runs-view";

/** Rows that came live and were shown; past this the list starts again from its first page. */
const keptRevealed = 500;

/** The filter of a view; a relative window is fixed when the view is chosen. */
export function useFilter(view: RunsView, initialNow: number): RunFilter {
  const clock = useClock();
  const key = viewKey(view);
  const [first] = useState(key);
  // The view is what its key says; the object itself changes with every URL update.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => toRunFilter(view, key === first ? initialNow : clock.now()), [key, first, initialNow, clock]);
}

const byCreation = (a: RunRow, b: RunRow): number => (a.createdAt === b.createdAt ? (a.id < b.id ? 1 : -1) : a.createdAt < b.createdAt ? 1 : -1);

export interface RunsList {
  /** Newest first. The rows are as they came; `useRow` has the newest version of each. */
  rows: readonly RunRow[];
  /** Matching runs that wait behind the pill. */
  fresh: number;
  /** Shows them. */
  reveal: () => void;
  /** Ids on the screen; the returned function takes them back. */
  watch: (ids: readonly string[]) => () => void;
  loading: boolean;
  error: Error | null;
  retry: () => void;
  hasMore: boolean;
  loadMore: () => void;
  loadingMore: boolean;
}

/** Pages over HTTP, changes over the socket, one order. */
export function useRuns(filter: RunFilter, initial: { key: string; page: RunsPage }): RunsList {
  const live = useLive();
  const queries = useQueryClient();
  const { interval, measure } = usePolling();
  const key = filterKey(filter);
  const queryKey = useMemo(() => ["runs", key], [key]);
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => measure(() => getJson<RunsPage>(`/api/dashboard${runsPath(filter, pageParam)}`, signal)),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
    refetchInterval: interval,
    // A list that was left and is opened again starts at the top.
    gcTime: 30_000,
    ...(key === initial.key && { initialData: { pages: [initial.page], pageParams: [null] } }),
  });
  const { state, view } = useLiveRuns(filter);
  const [revealed, setRevealed] = useState<{ key: string; rows: readonly RunRow[] }>({ key, rows: [] });
  const shownLive = revealed.key === key ? revealed.rows : noRows;

  const rows = useMemo(() => {
    const byId = new Map<string, RunRow>();
    for (const page of query.data?.pages ?? []) for (const row of page.rows) byId.set(row.id, row);
    for (const row of shownLive) byId.set(row.id, row);
    return [...byId.values()].toSorted(byCreation);
  }, [query.data, shownLive]);

  useEffect(() => {
    if (live && rows.length > 0) live.rows.apply(rows);
  }, [live, rows]);

  const newest = rows[0]?.createdAt ?? "";
  const isLoaded = query.data !== undefined;
  useEffect(() => {
    if (isLoaded) view?.acknowledge(newest);
  }, [view, newest, isLoaded]);

  const { data: viewed } = state;
  const fresh = useMemo(() => {
    const shown = new Set(rows.map((row) => row.id));
    const oldest = query.hasNextPage ? (rows.at(-1)?.createdAt ?? "") : "";
    return viewed.fresh.flatMap((id) => {
      const row = viewed.rows.get(id);
      // Older than what is loaded: it has its place further down.
      return row && !shown.has(id) && row.createdAt >= oldest ? [row] : [];
    });
  }, [viewed, rows, query.hasNextPage]);

  function startAgain(): void {
    setRevealed({ key, rows: [] });
    // Only the first page: the others would be fetched again too.
    queries.setQueryData<InfiniteData<RunsPage, string | null>>(queryKey, (data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) });
    void query.refetch();
  }

  function reveal(): void {
    if (shownLive.length + fresh.length > keptRevealed) return startAgain();
    setRevealed({ key, rows: [...fresh, ...shownLive] });
    return undefined;
  }

  return {
    rows,
    fresh: fresh.length,
    reveal,
    watch: (ids) => view?.watch(ids) ?? (() => undefined),
    loading: query.isPending,
    error: query.error,
    retry: () => void query.refetch(),
    hasMore: query.hasNextPage,
    loadMore: () => void query.fetchNextPage(),
    loadingMore: query.isFetchingNextPage,
  };
}

const noRows: readonly RunRow[] = [];
