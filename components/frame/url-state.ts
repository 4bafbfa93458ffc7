"use client";
import { useSearchParams } from "next/navigation";
import { startTransition, useCallback, useMemo, useOptimistic } from "react";

/** Keys to set; null and an empty list take a key away, keys that are not named stay. A list is a repeated key. */
export type UrlChange = Record<string, string | readonly string[] | null>;

/**
 * State that a page keeps in its address, without asking the server again. `push`: back undoes the change. What is set shows
 * at once; the router follows in a transition, which a busy page may put off.
 */
export function useUrlState(history: "push" | "replace"): [params: URLSearchParams, set: (change: UrlChange) => void] {
  const [shown, show] = useOptimistic(useSearchParams().toString());
  const params = useMemo(() => new URLSearchParams(shown), [shown]);
  const set = useCallback(
    (change: UrlChange) => {
      // The address itself, not what was rendered: two changes of one event add up.
      const next = new URLSearchParams(location.search);
      for (const [key, value] of Object.entries(change)) {
        next.delete(key);
        for (const one of value === null ? [] : [value].flat()) next.append(key, one);
      }
      const query = next.toString();
      startTransition(() => {
        show(query);
        window.history[`${history}State`](null, "", query === "" ? location.pathname : `?${query}`);
      });
    },
    [show, history],
  );
  return [params, set];
}
