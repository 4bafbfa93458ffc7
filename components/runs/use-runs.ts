"use client";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { getJson } from "@/components/live/api";
import { useLiveRuns, usePaced, usePolling } from "@/components/live/hooks";
import { useClock, useLive } from "@/components/live/live-provider";
import type { RunsPage } from "@/lib/contracts/dashboard";
import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { byCreation } from "@/lib/runs/list-place";
import { filterKey, rowsTell } from "@/lib/runs/match-run";
import { toRunFilter, type RunsView } from "@/lib/runs/run-filter";
import { letIn, rowsOf, type RunPages } from "@/lib/runs/run-pages";
import { runsPath } from "./runs-path";
import { viewKey } from "./use-runs-view";

/** The filter of a view; a relative window is fixed when the view is chosen. */
export function useFilter(view: RunsView, initialNow: number): RunFilter {
  const clock = useClock();
  const key = viewKey(view);
  const [first] = useState(key);
  // The view is what its key says; the object itself changes with every URL update.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => toRunFilter(view, key === first ? initialNow : clock.now()), [key, first, initialNow, clock]);
}

const askEveryMs = 2_000;

/** The list that is shown, and the creation time of the newest run in it: what is newer waits, whichever road it comes by. */
interface Shown {
  key: string;
  newest: string;
}

const newestOf = (rows: readonly RunRow[]): string => rows.reduce((last, row) => (row.createdAt > last ? row.createdAt : last), "");

export interface RunsList {
  /** Newest first. The rows are as they came; `useRow` has the newest version of each. */
  rows: readonly RunRow[];
  /** Matching runs that wait behind the pill. */
  fresh: number;
  /** There are more than that. */
  freshIsPart: boolean;
  /** They could not be read: they come when the operator asks. */
  stuck: boolean;
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
  /** The next page could not be read; nobody asks for it again but the operator. */
  moreError: Error | null;
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
    // Whoever looks at a run and comes back finds the list as it was.
    gcTime: 600_000,
    ...(key === initial.key && { initialData: { pages: [initial.page], pageParams: [null] } }),
  });
  const { state, view } = useLiveRuns(filter);
  const [shown, setShown] = useState<Shown>({ key: "", newest: "" });
  // The first answer is shown whole.
  if (query.data && shown.key !== key) setShown({ key, newest: newestOf(rowsOf(query.data.pages)) });
  const newest = shown.key === key ? shown.newest : "\uffff";

  // Rows of other filters do not tell whether they match: each that may is a reason to ask, not news.
  const tells = rowsTell(filter);
  const candidate = usePaced(tells ? undefined : state.data.fresh[0], askEveryMs);
  useEffect(() => {
    if (candidate !== undefined) void queries.invalidateQueries({ queryKey });
  }, [candidate, queries, queryKey]);

  const { rows, waiting } = useMemo(() => {
    const byId = new Map<string, RunRow>();
    const later: RunRow[] = [];
    for (const row of rowsOf(query.data?.pages ?? [])) {
      if (row.createdAt > newest) later.push(row);
      else byId.set(row.id, row);
    }
    return { rows: [...byId.values()].toSorted(byCreation), waiting: later };
  }, [query.data, newest]);
  const known = useMemo(() => new Set(rows.map((row) => row.id)), [rows]);

  useEffect(() => {
    if (live && rows.length > 0) live.rows.apply(rows);
  }, [live, rows]);
  useEffect(() => view?.holds(known), [view, known]);
  useEffect(() => {
    if (shown.key === key) view?.acknowledge(newest);
  }, [view, shown.key, key, newest]);

  const { data: viewed } = state;
  const gap = tells && viewed.gap;
  const fresh = useMemo(() => {
    const oldest = query.hasNextPage ? (rows.at(-1)?.createdAt ?? "") : "";
    const found = new Map(waiting.map((row) => [row.id, row]));
    for (const id of tells ? viewed.fresh : []) {
      const row = viewed.rows.get(id);
      // Older than what is loaded: it has its place further down.
      if (row && row.createdAt >= oldest) found.set(id, row);
    }
    return [...found.values()].filter((row) => !known.has(row.id));
  }, [viewed, rows, known, waiting, tells, query.hasNextPage]);

  function show(next: RunPages): void {
    const upTo = newestOf(rowsOf(next.pages));
    queries.setQueryData<RunPages>(queryKey, next);
    setShown({ key, newest: upTo });
    view?.acknowledge(upTo);
  }

  /** Between what is shown and what is new lies what nobody told us: one page from the top instead. */
  const again = useMutation({
    mutationFn: () => getJson<RunsPage>(`/api/dashboard${runsPath(filter, null)}`),
    retry: 2,
    onSuccess: (page) => show({ pages: [page], pageParams: [null] }),
  });

  function reveal(): void {
    if (!gap) show(letIn(query.data?.pages ?? [], fresh));
    else if (!again.isPending) again.mutate();
  }

  return {
    rows,
    fresh: fresh.length,
    freshIsPart: gap,
    stuck: again.isError,
    reveal,
    watch: (ids) => view?.watch(ids) ?? (() => undefined),
    loading: query.isPending,
    error: query.error ?? again.error,
    retry: () => void query.refetch(),
    hasMore: query.hasNextPage,
    loadMore: () => void query.fetchNextPage(),
    loadingMore: query.isFetchingNextPage,
    moreError: query.isFetchNextPageError ? query.error : null,
  };
}
