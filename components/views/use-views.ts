"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { getJson } from "@/components/live/api";
import { useCounts, usePaced } from "@/components/live/hooks";
import type { SavedView, SavedViewCounts, SavedViewsPage } from "@/lib/contracts/views";

const viewsKey = ["views"];
const countsKey = ["view-counts"];
/** Counts follow news of runs at most this often. */
const refreshMs = 5_000;
const none: readonly SavedView[] = [];

/** One's own saved views and the shared ones, by name. */
export function useViews(): readonly SavedView[] {
  return (
    useQuery({ queryKey: viewsKey, queryFn: ({ signal }) => getJson<SavedViewsPage>("/api/dashboard/views", signal), staleTime: 60_000 })
      .data?.views ?? none
  );
}

/** What each finds, again whenever the socket says that runs have changed. */
export function useViewCounts(views: readonly SavedView[]): SavedViewCounts["counts"] {
  const queries = useQueryClient();
  const news = usePaced(useCounts().data, refreshMs);
  const ids = views.map(({ id }) => id).join(" ");
  const { data } = useQuery({
    queryKey: [...countsKey, ids],
    queryFn: ({ signal }) => getJson<SavedViewCounts>("/api/dashboard/views/counts", signal),
    enabled: views.length > 0,
  });
  useEffect(() => {
    if (news !== undefined) void queries.invalidateQueries({ queryKey: countsKey });
  }, [news, queries]);
  return data?.counts ?? {};
}

/** After a change of them. */
export function useReadViewsAgain(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all([queries.invalidateQueries({ queryKey: viewsKey }), queries.invalidateQueries({ queryKey: countsKey })]);
  };
}
