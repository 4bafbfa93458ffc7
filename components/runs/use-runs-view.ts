"use client";
import { useCallback, useMemo } from "react";
import { listKeys, singleKeys, viewFromParams, viewToParams, type RunsView } from "@/lib/runs/run-filter";
import { useUrlState } from "../frame/url-state";

/** The filter of the runs page, in the URL: back undoes the last change. */
export function useRunsViewState(): [RunsView, (next: RunsView) => void] {
  const [params, set] = useUrlState("push");
  const view = useMemo(() => viewFromParams(params), [params]);
  const setView = useCallback(
    (next: RunsView) =>
      set({
        ...Object.fromEntries(listKeys.map((key) => [key, next[key]])),
        ...Object.fromEntries(singleKeys.map((key) => [key, next[key] ?? null])),
      }),
    [set],
  );
  return [view, setView];
}

export const viewKey = (view: RunsView): string => viewToParams(view).toString();
