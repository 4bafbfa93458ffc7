"use client";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo } from "react";
import { getJson } from "@/components/live/api";
import { useCounts, usePaced, usePolling } from "@/components/live/hooks";
import type { RunValue, RunValuesPage } from "@/lib/contracts/run-values";
import { isFieldColumn, type RunColumn } from "@/lib/runs/run-columns";

/** By path, by run; undefined: not read yet, null: nothing is there. */
export type RunValues = (id: string, path: string) => RunValue | null | undefined;

export const ValuesContext = createContext<RunValues>(() => undefined);
export const useValue = (id: string, path: string): RunValue | null | undefined => useContext(ValuesContext)(id, path);

/** News of runs are followed at most this often. */
const refreshMs = 1_000;

/** What the value columns show of the visible runs, again whenever the socket says that something changes. Without such columns nothing is asked. */
export function useValues(columns: readonly RunColumn[], visible: readonly string[]): RunValues {
  const queries = useQueryClient();
  const { interval } = usePolling();
  const paths = useMemo(() => columns.filter((column) => !isFieldColumn(column)), [columns]);
  const { data } = useQuery({
    queryKey: ["values", ...paths, "of", ...visible.toSorted()],
    queryFn: ({ signal }) =>
      getJson<RunValuesPage>(
        `/api/dashboard/values?${new URLSearchParams([...visible.map((id) => ["id", id]), ...paths.map((path) => ["path", path])])}`,
        signal,
      ),
    enabled: visible.length > 0 && paths.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: paths.length > 0 && interval,
  });
  const news = usePaced(useCounts().data, refreshMs);
  useEffect(() => {
    if (news !== undefined) void queries.invalidateQueries({ queryKey: ["values"] });
  }, [news, queries]);
  return useMemo(() => {
    const positions = new Map(paths.map((path, index) => [path, index]));
    return (id, path) => data?.values[id]?.[positions.get(path) ?? -1];
  }, [data, paths]);
}
