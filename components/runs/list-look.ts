"use client";
import { useCallback, useMemo } from "react";
import { useUrlState } from "@/components/frame/url-state";
import { useSubscribable } from "@/components/live/live-provider";
import { lookFromParams, readColumns, usualColumns, type Grouping, type RunColumn } from "@/lib/runs/run-columns";
import { createStore } from "@/lib/view/store";

/** How this browser shows lists of runs. */
interface KeptLook {
  columns: readonly RunColumn[];
  compact: boolean;
}

const usual: KeptLook = { columns: usualColumns, compact: false };
const storageKey = "runs-look";

/** Whatever somebody has written there. */
function read(): KeptLook {
  if (typeof localStorage === "undefined") return usual;
  try {
    const held: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "{}");
    const { columns, compact } = Object(held) as { columns?: unknown; compact?: unknown }; // each is looked at below
    return { columns: Array.isArray(columns) ? readColumns(columns.map(String)) : usualColumns, compact: compact === true };
  } catch {
    return usual;
  }
}

const kept = createStore<KeptLook>(read());

function keep(next: KeptLook): void {
  kept.set(next);
  localStorage.setItem(storageKey, JSON.stringify(next));
}

export interface ListLookState extends KeptLook {
  group: Grouping | null;
  setColumns: (next: readonly RunColumn[]) => void;
  setCompact: (next: boolean) => void;
  setGroup: (next: Grouping | null) => void;
}

/** Columns of the address, which a saved view brings along, else those of this browser; a change stays where they came from. */
export function useListLook(): ListLookState {
  const [params, set] = useUrlState("push");
  const own = useSubscribable(kept, usual);
  const { columns, group } = useMemo(() => lookFromParams(params), [params]);
  const isOwn = columns === null;
  const setColumns = useCallback(
    (next: readonly RunColumn[]) => (isOwn ? keep({ ...own, columns: next }) : set({ col: next })),
    [isOwn, own, set],
  );
  const setCompact = useCallback((compact: boolean) => keep({ ...own, compact }), [own]);
  const setGroup = useCallback((next: Grouping | null) => set({ group: next }), [set]);
  return { columns: columns ?? own.columns, compact: own.compact, group, setColumns, setCompact, setGroup };
}
