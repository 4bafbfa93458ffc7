"use client";
import { useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { getJson } from "@/components/live/api";
import { useLiveRuns, usePolling } from "@/components/live/hooks";
import { useClock, useLive } from "@/components/live/live-provider";
import type { RunsPage } from "@/lib/contracts/dashboard";
import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { filterKey } from "@/lib/runs/match-run";
import { toRunFilter, type RunsView } from "@/lib/runs/run-filter";
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

interface Shown {
  key: string;
  /** Creation time of the newest run that is in the list. */
  newest: string;
  /** Rows that came while the list was open and were let in. */
  live: readonly RunRow[];
}

const empty: Shown = { key: "", newest: "\uffff", live: [] };

const newestOf = (data: { pages: readonly RunsPage[] }): string => data.pages[0]?.rows.reduce((last, row) => (row.createdAt > last ? row.createdAt : last), "") ?? "";

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
  /** Reads on until the end, or until so many rows are there; the ids of all that are. */
  loadUpTo: (count: number) => Promise<string[]>;
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
  const [shown, setShown] = useState<Shown>({ key: "", newest: "", live: [] });
  // The first answer is shown whole; from then on what is newer waits, whichever road it comes by.
  if (query.data && shown.key !== key) setShown({ key, newest: newestOf(query.data), live: [] });
  const { newest, live: revealed } = shown.key === key ? shown : empty;

  const { rows, waiting } = useMemo(() => {
    const byId = new Map<string, RunRow>();
    const later = new Map<string, RunRow>();
    for (const row of query.data?.pages.flatMap((page) => page.rows) ?? []) (row.createdAt > newest ? later : byId).set(row.id, row);
    for (const row of revealed) byId.set(row.id, row);
    return { rows: [...byId.values()].toSorted(byCreation), waiting: later };
  }, [query.data, newest, revealed]);

  useEffect(() => {
    if (live && rows.length > 0) live.rows.apply(rows);
  }, [live, rows]);

  useEffect(() => {
    if (shown.key === key) view?.acknowledge(newest);
  }, [view, shown.key, key, newest]);

  const { data: viewed } = state;
  const fresh = useMemo(() => {
    const known = new Set(rows.map((row) => row.id));
    const oldest = query.hasNextPage ? (rows.at(-1)?.createdAt ?? "") : "";
    const found = new Map(waiting);
    for (const id of viewed.fresh) {
      const row = viewed.rows.get(id);
      // Older than what is loaded: it has its place further down.
      if (row && !known.has(id) && row.createdAt >= oldest) found.set(id, row);
    }
    return [...found.values()].filter((row) => !known.has(row.id));
  }, [viewed, rows, waiting, query.hasNextPage]);

  async function startAgain(): Promise<void> {
    // Only the first page: the others would be fetched again too.
    queries.setQueryData<InfiniteData<RunsPage, string | null>>(queryKey, (data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) });
    const { data } = await query.refetch();
    if (data) setShown({ key, newest: newestOf(data), live: [] });
  }

  function reveal(): void {
    if (revealed.length + fresh.length > keptRevealed) void startAgain();
    else setShown({ key, newest: fresh.reduce((last, row) => (row.createdAt > last ? row.createdAt : last), newest), live: [...fresh, ...revealed] });
  }

  async function loadUpTo(count: number): Promise<string[]> {
    let known = rows.map((row) => row.id);
    for (let more: boolean = query.hasNextPage; more && known.length < count;) {
      const next = await query.fetchNextPage({ throwOnError: true });
      known = [...new Set([...rows, ...(next.data?.pages.flatMap((page) => page.rows) ?? [])].map((row) => row.id))];
      more = next.hasNextPage;
    }
    return known;
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
    loadUpTo,
    loadingMore: query.isFetchingNextPage,
  };
}
