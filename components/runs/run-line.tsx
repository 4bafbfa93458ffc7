"use client";
import { memo, type CSSProperties } from "react";
import { useRow, useTint } from "@/components/live/hooks";
import { cn } from "@/components/ui/cn";
import { Checkbox } from "@/components/ui/toggle";
import type { RunRow } from "@/lib/contracts/run";
import { columnsWithin, type RunColumn } from "@/lib/runs/run-columns";
import { columnLook, type CellProps } from "./run-cells";
import { useFamily } from "./use-families";

/** Columns by the width of the list itself: where there is no room for all, those stay that tell most. */
export const lineGrid =
  "grid grid-cols-[var(--narrow)] @2xl:grid-cols-[var(--middle)] @5xl:grid-cols-[var(--wide)] items-center gap-x-3 px-3";
export const rowHeights = { usual: 36, compact: 28 } as const;

export interface LineColumn {
  column: RunColumn;
  /** From which width of the list on it shows. */
  className: string;
}

export interface LineLayout {
  columns: readonly LineColumn[];
  style: CSSProperties & Record<"--narrow" | "--middle" | "--wide" | "--least", string>;
  compact: boolean;
}

const checkbox = "1.25rem";
const [checkboxPx, gapPx, aroundPx] = [20, 12, 24];

export function layoutOf(columns: readonly RunColumn[], compact: boolean): LineLayout {
  const [narrow, middle] = [columnsWithin(columns, "narrow"), columnsWithin(columns, "middle")];
  const tracks = (shown: readonly RunColumn[]) => [checkbox, ...shown.map((column) => columnLook(column).track)].join(" ");
  const least = columns.reduce((sum, column) => sum + columnLook(column).least + gapPx, checkboxPx + aroundPx);
  return {
    columns: columns.map((column) => ({
      column,
      className: cn(!narrow.includes(column) && "@max-2xl:hidden", !middle.includes(column) && "@2xl:@max-5xl:hidden"),
    })),
    style: { "--narrow": tracks(narrow), "--middle": tracks(middle), "--wide": tracks(columns), "--least": `${least}px` },
    compact,
  };
}

export interface RunLineProps extends CellProps {
  layout: LineLayout;
  index: number;
  top: number;
  selected: boolean;
  atCursor: boolean;
  onSelect: (index: number, range: "one" | "range") => void;
  /** False: the run has changed and the filter would not find it any more; it stays where it was read. */
  fits: (row: RunRow) => boolean;
}

export const RunLine = memo(function RunLine({
  row: given,
  layout,
  depth,
  index,
  top,
  selected,
  atCursor,
  onSelect,
  onTag,
  fits,
}: RunLineProps) {
  const row = useRow(given);
  const tinted = useTint(row.status);
  const { family, open } = useFamily(row.id);
  return (
    <tr
      id={`row-${row.id}`}
      aria-rowindex={index + 2}
      aria-selected={selected}
      aria-level={depth + 1}
      {...(family && { "aria-expanded": open })}
      data-run={row.id}
      data-status={row.status}
      tabIndex={-1}
      style={{ transform: `translateY(${top}px)` }}
      className={cn(
        lineGrid,
        "absolute inset-x-0 top-0 border-b border-line hover:bg-hover",
        layout.compact ? "h-7" : "h-9",
        selected && "bg-accent-soft hover:bg-accent-soft",
        atCursor && "bg-hover shadow-[inset_2px_0_0_var(--accent)]",
        tinted && "tint",
        // A child stands here because its parent is open, whatever the filter says of it.
        depth === 0 && !fits(row) && "opacity-55",
      )}
    >
      <td className="relative z-10 flex">
        <Checkbox
          checked={selected}
          tabIndex={-1}
          aria-label={`Select ${row.id}`}
          onChange={({ nativeEvent }) => onSelect(index, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey ? "range" : "one")}
        />
      </td>
      {layout.columns.map(({ column, className }) => {
        const { Cell, className: own, isRight } = columnLook(column);
        return (
          <td key={column} data-column={column} className={cn("min-w-0", own, isRight && "text-right", className)}>
            <Cell row={row} depth={depth} onTag={onTag} />
          </td>
        );
      })}
    </tr>
  );
});
