"use client";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState } from "react";
import { getJson } from "@/components/live/api";
import { useCounts, usePaced } from "@/components/live/hooks";
import type { RunsPage } from "@/lib/contracts/dashboard";
import type { FamiliesPage, Family } from "@/lib/contracts/families";
import { limits } from "@/lib/contracts/limits";
import type { RunRow } from "@/lib/contracts/run";

/** A row of the list, and how far below the list's own rows it stands. */
export interface ListedRun {
  row: RunRow;
  depth: number;
}

export interface Families {
  of: (id: string) => Family | undefined;
  isOpen: (id: string) => boolean;
  toggle: (id: string) => void;
}

const none: Families = { of: () => undefined, isOpen: () => false, toggle: () => undefined };
export const FamiliesContext = createContext<Families>(none);
export const useFamily = (id: string): { family: Family | undefined; open: boolean; toggle: () => void } => {
  const families = useContext(FamiliesContext);
  return { family: families.of(id), open: families.isOpen(id), toggle: () => families.toggle(id) };
};

/** News of runs are followed at most this often. */
const refreshMs = 1_000;

/** How the children of the visible runs are doing, again whenever the socket says that something changes, and the rows of those that are open. */
export function useFamilies(rows: readonly RunRow[], visible: readonly string[]): { families: Families; lines: readonly ListedRun[] } {
  const queries = useQueryClient();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const counts = useQuery({
    queryKey: ["families", ...visible.toSorted()],
    queryFn: ({ signal }) =>
      getJson<FamiliesPage>(`/api/dashboard/families?${new URLSearchParams(visible.map((id) => ["id", id]))}`, signal),
    enabled: visible.length > 0,
    placeholderData: keepPreviousData,
  });
  const news = usePaced(useCounts().data, refreshMs);
  useEffect(() => {
    if (news !== undefined) void queries.invalidateQueries({ queryKey: ["families"] });
  }, [news, queries]);

  const byId = useMemo(() => new Map(counts.data?.families.map((family) => [family.id, family])), [counts.data]);
  const opened = useMemo(() => [...open].toSorted(), [open]);
  const sizes = opened.map((id) => byId.get(id)?.total ?? 0).join(" ");
  const children = useQuery({
    queryKey: ["child-rows", ...opened, sizes],
    queryFn: async ({ signal }) => new Map(await Promise.all(opened.map(async (id) => [id, await childrenOf(id, signal)] as const))),
    enabled: opened.length > 0,
    placeholderData: keepPreviousData,
  });

  const lines = useMemo(() => linesOf(rows, open, children.data), [rows, open, children.data]);
  const families = useMemo<Families>(
    () => ({
      of: (id) => byId.get(id),
      isOpen: (id) => open.has(id),
      toggle: (id) =>
        setOpen((held) => {
          const next = new Set(held);
          if (!next.delete(id)) next.add(id);
          return next;
        }),
    }),
    [byId, open],
  );
  return { families, lines };
}

const childrenOf = async (id: string, signal: AbortSignal): Promise<readonly RunRow[]> =>
  (await getJson<RunsPage>(`/api/dashboard/runs?${new URLSearchParams({ parent: id, limit: String(limits.listedChildren) })}`, signal))
    .rows;

/** Open runs with their children below them. A child that the list has, too, stands below its parent only. */
export function linesOf(
  rows: readonly RunRow[],
  open: ReadonlySet<string>,
  children: ReadonlyMap<string, readonly RunRow[]> | undefined,
): readonly ListedRun[] {
  if (open.size === 0 || children === undefined) return rows.map((row) => ({ row, depth: 0 }));
  const listed = new Set(rows.map((row) => row.id));
  const placed = new Set<string>();
  const lines: ListedRun[] = [];
  const add = (row: RunRow, depth: number): void => {
    if (placed.has(row.id)) return;
    placed.add(row.id);
    lines.push({ row, depth });
    if (open.has(row.id)) for (const child of children.get(row.id) ?? []) add(child, depth + 1);
  };
  const isBelow = (row: RunRow): boolean =>
    row.parentId !== undefined &&
    open.has(row.parentId) &&
    listed.has(row.parentId) &&
    (children.get(row.parentId) ?? []).some((child) => child.id === row.id);
  for (const row of rows) if (!isBelow(row)) add(row, 0);
  return lines;
}
