"use client";
import { parseAsNativeArrayOf, parseAsString, useQueryStates } from "nuqs";
import { useCallback, useMemo } from "react";
import { listKeys, singleKeys, viewFromParams, viewToParams, type RunsView } from "@/lib/run-filter";

const list = parseAsNativeArrayOf(parseAsString);
const parsers = {
  status: list,
  task: list,
  tag: list,
  queue: list,
  id: parseAsString,
  batch: parseAsString,
  parent: parseAsString,
  root: parseAsString,
  rootOnly: parseAsString,
  last: parseAsString,
  from: parseAsString,
  to: parseAsString,
};

/** The filter of the runs page, in the URL: back undoes the last change. */
export function useRunsViewState(): [RunsView, (next: RunsView) => void] {
  const [state, setState] = useQueryStates(parsers, { history: "push", shallow: true });
  // Through the reader of lib/run-filter, so that a link means the same on the server and here.
  const view = useMemo(() => {
    const params = new URLSearchParams();
    for (const key of listKeys) for (const value of state[key]) params.append(key, value);
    for (const key of singleKeys) {
      const value = state[key];
      if (value !== null) params.set(key, value);
    }
    return viewFromParams(params);
  }, [state]);
  const setView = useCallback(
    (next: RunsView) => {
      void setState({
        ...Object.fromEntries(listKeys.map((key) => [key, next[key].length === 0 ? null : next[key]])),
        ...Object.fromEntries(singleKeys.map((key) => [key, next[key] ?? null])),
      });
    },
    [setState],
  );
  return [view, setView];
}

export const viewKey = (view: RunsView): string => viewToParams(view).toString();
