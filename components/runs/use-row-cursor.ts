"use client";
import { useCallback, useState } from "react";
import type { RunRow } from "@/lib/contracts/run";

export interface RowSelection {
  selected: ReadonlySet<string>;
  /** Row under the keyboard; null: none yet. */
  cursor: number | null;
  move: (step: number) => void;
  moveTo: (index: number | null) => void;
  select: (index: number, range: "one" | "range") => void;
  selectAll: () => void;
  clear: () => void;
}

/** Keyboard cursor and selection over a list whose rows may move: both hold ids, not positions. */
export function useRowSelection(rows: readonly RunRow[], initialCursor: string | null): RowSelection {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [cursorId, setCursorId] = useState(initialCursor);
  const [anchorId, setAnchorId] = useState<string | null>(null);
  const found = cursorId === null ? -1 : rows.findIndex((row) => row.id === cursorId);
  const cursor = found === -1 ? null : found;

  const moveTo = useCallback((index: number | null) => setCursorId(index === null ? null : (rows[index]?.id ?? null)), [rows]);
  const select = useCallback(
    (index: number, range: "one" | "range") => {
      const row = rows[index];
      if (!row) return;
      const anchor = rows.findIndex((candidate) => candidate.id === anchorId);
      setSelected((held) => {
        const next = new Set(held);
        if (range === "range" && anchor !== -1) {
          for (const between of rows.slice(Math.min(anchor, index), Math.max(anchor, index) + 1)) next.add(between.id);
        } else if (!next.delete(row.id)) next.add(row.id);
        return next;
      });
      setAnchorId(row.id);
      setCursorId(row.id);
    },
    [rows, anchorId],
  );

  return {
    selected,
    cursor,
    moveTo,
    move: (step) => moveTo(cursor === null ? 0 : Math.min(rows.length - 1, Math.max(0, cursor + step))),
    select,
    selectAll: () => setSelected(new Set(rows.map((row) => row.id))),
    clear() {
      setSelected(new Set());
      setAnchorId(null);
    },
  };
}
