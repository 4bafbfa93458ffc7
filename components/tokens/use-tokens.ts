"use client";
import { useInfiniteQuery, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import type { TokenPage, TokensPage } from "@/lib/contracts/dashboard";
import type { RunFilter } from "@/lib/contracts/realtime";
import type { TokenRow } from "@/lib/contracts/token";
import { getJson } from "../live/api";
import { heldActions, type HeldAction } from "../frame/undo";
import { useSubscribable } from "../live/live-provider";
import { useLiveRuns, useLiveTokens, usePolling } from "../live/hooks";

const noneHeld: readonly HeldAction[] = [];
const waitingPath = "/api/dashboard/tokens?status=WAITING";

/** Tokens that wait for an answer, in no order. Pushed while the socket lives, polled while it cannot. */
export function useWaitingTokens(initial: TokensPage): {
  waiting: readonly TokenRow[];
  error: Error | null;
  retry: () => void;
  latest: (token: TokenRow) => TokenRow;
} {
  const live = useLiveTokens();
  const { interval, measure } = usePolling();
  const polled = useQuery({
    queryKey: ["tokens", "waiting"],
    queryFn: ({ signal }) => measure(() => getJson<TokensPage>(waitingPath, signal)),
    initialData: initial,
    refetchInterval: interval,
  });
  // What is answered already and can still be taken back is no longer asked.
  const held = useSubscribable(heldActions, noneHeld);
  const pushed = live.loaded && interval === false;
  const tokens = pushed ? [...live.data.values()].filter((token) => token.status === "WAITING") : polled.data.tokens;
  return {
    waiting: tokens.filter((token) => !held.some((action) => action.of === token.id)),
    error: polled.error,
    retry: () => void polled.refetch(),
    latest: (token) => (token.status === "WAITING" ? (live.data.get(token.id) ?? token) : token),
  };
}

const waitingRuns: RunFilter = { status: ["WAITING"] };

/**
 * Tells when what is known of a token's runs is out of date: a run creates the token first and says what it asks later.
 * The stamp changes with each change of a waiting run, and with the status of any other. The task is that of the first run that is known.
 */
export function useRunStamps(tokens: readonly TokenRow[]): {
  stampOf: (token: TokenRow | undefined) => string;
  taskOf: (token: TokenRow) => string | undefined;
} {
  const { state, view } = useLiveRuns(waitingRuns);
  const watched = [...new Set(tokens.flatMap(runsOf))].slice(0, 500).join(" ");
  useEffect(() => (watched === "" ? undefined : view?.watch(watched.split(" "))), [view, watched]);
  const rowsOf = (token: TokenRow) => runsOf(token).map((id) => state.data.rows.get(id));
  return {
    stampOf: (token) =>
      token === undefined
        ? ""
        : rowsOf(token)
            .map((row) => (row === undefined ? "" : row.status === "WAITING" ? `${row.id} ${row.version}` : row.status))
            .join(" "),
    taskOf: (token) => rowsOf(token).find((row) => row !== undefined)?.task,
  };
}

const runsOf = (token: TokenRow): string[] => [...token.waitingRuns, ...(token.createdByRun === undefined ? [] : [token.createdByRun])];

/** One token with the runs that wait for it and what they are about. Read again when `stamp` changes. */
export const useTokenPage = (id: string, stamp: string, when: "always" | "not yet" = "always"): UseQueryResult<TokenPage> =>
  useQuery<TokenPage>({
    queryKey: ["token", id, stamp],
    queryFn: ({ signal }) => getJson<TokenPage>(`/api/dashboard/tokens/${encodeURIComponent(id)}`, signal),
    enabled: when === "always",
    placeholderData: (held) => (held?.token.id === id ? held : undefined),
  });

/** Answered and timed out, newest first; those of this minute come by push. */
export function useAnsweredTokens() {
  const live = useLiveTokens();
  const pages = useInfiniteQuery({
    queryKey: ["tokens", "answered"],
    queryFn: ({ pageParam, signal }) =>
      getJson<TokensPage>(
        `/api/dashboard/tokens?status=COMPLETED,TIMED_OUT${pageParam === "" ? "" : `&cursor=${encodeURIComponent(pageParam)}`}`,
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });
  const byId = new Map<string, TokenRow>();
  for (const token of pages.data?.pages.flatMap((page) => page.tokens) ?? []) byId.set(token.id, token);
  if (pages.data !== undefined) for (const token of live.data.values()) if (token.status !== "WAITING") byId.set(token.id, token);
  const answered = [...byId.values()].toSorted((a, b) => (b.completedAt ?? b.createdAt).localeCompare(a.completedAt ?? a.createdAt));
  return { answered, pages };
}
