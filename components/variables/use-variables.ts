"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { VariablesPage } from "@/lib/contracts/variables";
import { getJson } from "../live/api";
import { usePolling, useVariablesRevision } from "../live/hooks";

/** The page's state, read anew after each change that the server tells of. */
export function useVariables(initial: VariablesPage) {
  const { data: revision } = useVariablesRevision();
  const { interval, measure } = usePolling();
  const { data, error, refetch } = useQuery({
    queryKey: ["variables", revision ?? "first"],
    queryFn: ({ signal }) => measure(() => getJson<VariablesPage>("/api/dashboard/variables", signal)),
    ...(revision === undefined && { initialData: initial }),
    placeholderData: keepPreviousData,
    refetchInterval: interval,
  });
  return { page: data ?? initial, error, reread: () => void refetch() };
}
