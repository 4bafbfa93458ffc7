"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Freshness } from "@/lib/client/freshness";
import type { LinkStatus } from "@/lib/client/sync";
import type { Viewed } from "@/lib/client/views/view";
import type { RunState } from "@/lib/client/views/run-view";
import type { RunsState, RunsView } from "@/lib/client/views/runs-view";
import type { StreamState, TraceState } from "@/lib/client/views/log-views";
import type { TokensState } from "@/lib/client/views/state-views";
import type { Counts, News, QueueRow, RunFilter, ServerNotice, VersionsState } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { useLive, useSubscribable } from "./live-provider";
import { reach } from "./reach";

const connecting: LinkStatus = { phase: "connecting", attempt: 0 };
const noCounts: Viewed<Counts | undefined> = { data: undefined, loaded: false };
const noNews: Viewed<News | undefined> = { data: undefined, loaded: false };
const noQueues: Viewed<readonly QueueRow[]> = { data: [], loaded: false };
const noVersions: Viewed<VersionsState | undefined> = { data: undefined, loaded: false };
const noVariablesRevision: Viewed<string | undefined> = { data: undefined, loaded: false };
const noRevision: Viewed<number | undefined> = { data: undefined, loaded: false };
const noTokens: Viewed<TokensState> = { data: new Map(), loaded: false };
const noRun: Viewed<RunState> = { data: { detail: undefined, events: [], relations: [] }, loaded: false };
const noTrace: Viewed<TraceState> = { data: { items: [] }, loaded: false };
const noStream: Viewed<StreamState> = { data: { chunks: [], dropped: 0, closed: false }, loaded: false };
const noRuns: Viewed<RunsState> = { data: { rows: new Map(), head: [], fresh: [], gap: false }, loaded: false };

/** State of the socket. */
export const useLink = (): LinkStatus => useSubscribable(useLive()?.status, connecting);
/** Whether the server answers; while it does not, what is shown is the last good view. */
export const useAnswers = (): boolean => useSubscribable(reach.answers, true);
/** Why nothing can be done now; undefined while the server answers. */
export const useOffline = (): string | undefined =>
  useAnswers() ? undefined : "The server does not answer. This works again when the connection is back.";
/** Commit → paint, measured; null before the first change. */
export const useFreshness = (): Freshness | null => useSubscribable(useLive()?.freshness, null);
/** Undefined until the socket has told them. */
export const useNotices = (): readonly ServerNotice[] | undefined => useSubscribable(useLive()?.notices, undefined);

export function useCounts(): Viewed<Counts | undefined> {
  const live = useLive();
  return useSubscribable(
    useMemo(() => live?.counts(), [live]),
    noCounts,
  );
}

/** Counts that rise when bulk actions or errors have changed. */
function useNews(): Viewed<News | undefined> {
  const live = useLive();
  return useSubscribable(
    useMemo(() => live?.news(), [live]),
    noNews,
  );
}

/** The same query again each time that what it reads has changed, as the socket says, at most each `everyMs`. */
export const useReadAgain = (of: keyof News, queryKey: readonly unknown[], everyMs = 1_000): void =>
  useReadAt(usePaced(useNews().data?.[of], everyMs), queryKey);

/** Queries whose key begins so are read again while runs change, as the socket says, at most each `everyMs`; without a poll. */
export const useReadWithCounts = (queryKey: readonly unknown[], everyMs: number): void =>
  useReadAt(usePaced(useCounts().data, everyMs), queryKey);

function useReadAt(position: unknown, queryKey: readonly unknown[]): void {
  const queries = useQueryClient();
  const latest = useRef(queryKey);
  useEffect(() => {
    latest.current = queryKey;
  });
  useEffect(() => {
    // What came while the page was on its way may have been missed: the first word counts, too.
    if (position !== undefined) void queries.invalidateQueries({ queryKey: latest.current });
  }, [position, queries]);
}

export function useLiveQueues(): Viewed<readonly QueueRow[]> {
  const live = useLive();
  return useSubscribable(
    useMemo(() => live?.queues(), [live]),
    noQueues,
  );
}

export function useLiveVersions(): Viewed<VersionsState | undefined> {
  const live = useLive();
  return useSubscribable(
    useMemo(() => live?.versions(), [live]),
    noVersions,
  );
}

/** Another text after each change of the stored variables. */
export function useVariablesRevision(): Viewed<string | undefined> {
  const live = useLive();
  return useSubscribable(
    useMemo(() => live?.variables(), [live]),
    noVariablesRevision,
  );
}

/** Another number each time that schedules have changed or fired; undefined until the socket has told one. */
export function useSchedulesRevision(): number | undefined {
  const live = useLive();
  return useSubscribable(
    useMemo(() => live?.schedules(), [live]),
    noRevision,
  ).data;
}

/** Waiting tokens, and those that were answered or timed out since the page is open, by id. */
export function useLiveTokens(): Viewed<TokensState> {
  const live = useLive();
  return useSubscribable(
    useMemo(() => live?.tokens(), [live]),
    noTokens,
  );
}

export function useLiveRun(runId: string): Viewed<RunState> {
  const live = useLive();
  return useSubscribable(
    useMemo(() => live?.run(runId), [live, runId]),
    noRun,
  );
}

/** Null: of none. */
export function useLiveTrace(runId: string | null): Viewed<TraceState> {
  const live = useLive();
  return useSubscribable(
    useMemo(() => (runId === null ? null : live?.trace(runId)), [live, runId]),
    noTrace,
  );
}

export function useLiveStream(runId: string, key: string): Viewed<StreamState> {
  const live = useLive();
  return useSubscribable(
    useMemo(() => live?.stream(runId, key), [live, runId, key]),
    noStream,
  );
}

/** The view itself too: it is told what is on the screen. Give the same filter object while it means the same. */
export function useLiveRuns(filter: RunFilter): { state: Viewed<RunsState>; view: RunsView | null } {
  const live = useLive();
  const view = useMemo(() => live?.runs(filter) ?? null, [live, filter]);
  return { state: useSubscribable(view, noRuns), view };
}

/** Newest known version of a row; renders again only when this run changes. */
export function useRow(row: RunRow): RunRow {
  const live = useLive();
  const known = useSubscribable(
    useMemo(() => live?.rows.row(row.id), [live, row.id]),
    undefined,
  );
  return known && known.version > row.version ? known : row;
}

/** `value`, taken over at most each `everyMs`; the last one always comes. 0: at once. */
export function usePaced<T>(value: T, everyMs: number): T {
  const [shown, setShown] = useState(value);
  // Kept at hand for the moment from which it is paced: nothing goes back in time then.
  if (everyMs === 0 && !Object.is(shown, value)) setShown(value);
  const latest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    latest.current = value;
    if (everyMs === 0) return;
    // A timer that runs is left alone: values that never end would put it off for ever.
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setShown(latest.current);
    }, everyMs);
  }, [value, everyMs]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return everyMs === 0 ? value : shown;
}

/** A poll is never more than a quarter of the time. */
const pollFloorMs = 3_000;
const pollFactor = 4;

/**
 * `refetchInterval` for React Query: false while the socket lives. `measure` wraps the request, so that slow answers
 * stretch the interval.
 */
export function usePolling(): { interval: number | false; measure: <T>(request: () => Promise<T>) => Promise<T> } {
  const { phase } = useLink();
  const [tookMs, setTookMs] = useState(0);
  const measure = useMemo(
    () =>
      async <T>(request: () => Promise<T>): Promise<T> => {
        const from = performance.now();
        try {
          return await request();
        } finally {
          setTookMs(performance.now() - from);
        }
      },
    [],
  );
  return { interval: phase === "polling" ? Math.max(pollFloorMs, tookMs * pollFactor) : false, measure };
}

/** True for 600 ms after `value` changed, for the class `tint`; never at first. */
export function useTint(value: unknown): boolean {
  const [held, setHeld] = useState({ value, changes: 0 });
  const [faded, setFaded] = useState(0);
  if (!Object.is(held.value, value)) setHeld({ value, changes: held.changes + 1 });
  const { changes } = held;
  useEffect(() => {
    if (changes === 0) return;
    const timer = setTimeout(() => setFaded(changes), 600);
    return () => clearTimeout(timer);
  }, [changes]);
  return changes > faded;
}
