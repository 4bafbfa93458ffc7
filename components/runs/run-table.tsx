"use client";
import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type ReactNode, type Ref } from "react";
import { cn } from "@/components/ui/cn";
import { OthersText } from "@/components/ui/others-text";
import { SkeletonRows } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/state";
import { Checkbox } from "@/components/ui/toggle";
import { useRowWindow } from "@/components/ui/use-row-window";
import type { RunRow } from "@/lib/contracts/run";
import type { Place } from "./place";
import { columnLook } from "./run-cells";
import { lineGrid, rowHeights, RunLine, type LineLayout } from "./run-line";
import type { ListedRun } from "./use-families";
import type { RowSelection } from "./use-row-cursor";

export interface RunTableHandle {
  /** Brings the row into sight and gives the keyboard to the list. */
  walkTo(index: number): void;
  toTop(): void;
  scrollTop(): number;
}

export interface RunTableProps {
  lines: readonly ListedRun[];
  layout: LineLayout;
  selection: RowSelection;
  onTag: (tag: string) => void;
  fits: (row: RunRow) => boolean;
  /** Ids that are on the screen. */
  onVisible: (ids: readonly string[]) => void;
  /** True while somebody's pointer or scroll position rests in the list. */
  onTouched: (touched: boolean) => void;
  /** What follows the last row. */
  more: "none" | "there" | "loading" | "failed";
  onMore: () => void;
  /** Shown over the rows: the pill with new ones. */
  overlay: ReactNode;
  handle: Ref<RunTableHandle>;
  /** Where it was when it was left. */
  back: Pick<Place, "scrollTop" | "cursor"> | null;
}

const overscan = 10;
/** Of the column names and their line. */
const headHeight = 33;
const assumed = { width: 1200, height: 900 };
/** A row that has been reached asks for the next page this many rows before the end. */
const loadAhead = 20;

export function RunTable({
  lines,
  layout,
  selection,
  onTag,
  fits,
  onVisible,
  onTouched,
  more,
  onMore,
  overlay,
  handle,
  back,
}: RunTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const grid = useRef<HTMLTableElement>(null);
  /** For the moment of leaving, when the element is gone. */
  const lastTop = useRef(back?.scrollTop ?? 0);
  const [pointer, setPointer] = useState(false);
  const [away, setAway] = useState(back !== null && back.scrollTop > 0);
  const { indexes, topOf, totalHeight, scrollTo } = useRowWindow({
    scroller,
    count: lines.length,
    height: rowHeights[layout.compact ? "compact" : "usual"],
    head: headHeight,
    overscan,
    assumed,
  });
  const last = indexes.at(-1) ?? 0;
  const visible = indexes.map((index) => lines[index]?.row.id ?? "").join(" ");

  useImperativeHandle(handle, () => ({
    walkTo(index) {
      scrollTo(index);
      // Else Enter would press the button that was used last.
      grid.current?.focus({ preventScroll: true });
    },
    toTop: () => scroller.current?.scrollTo({ top: 0 }),
    scrollTop: () => lastTop.current,
  }));
  // Before the first paint, and once: the rows are those that were left.
  const first = useRef({ back, lines, scrollTo });
  useLayoutEffect(() => {
    const { back: left, lines: all, scrollTo: show } = first.current;
    if (left === null) return;
    scroller.current?.scrollTo({ top: left.scrollTop });
    // The cursor may have gone on from run to run meanwhile.
    const at = all.findIndex(({ row }) => row.id === left.cursor);
    if (at !== -1) show(at);
  }, []);
  useEffect(() => onVisible(visible === "" ? [] : visible.split(" ")), [visible, onVisible]);
  useEffect(() => onTouched(pointer || away), [pointer, away, onTouched]);
  const latestOnMore = useRef(onMore);
  useEffect(() => {
    latestOnMore.current = onMore;
  });
  const isWanted = more === "there" && lines.length > 0 && last >= lines.length - loadAhead;
  // Once each time that the end comes near: not because somebody renders again.
  useEffect(() => {
    if (isWanted) latestOnMore.current();
  }, [isWanted]);

  const { select } = selection;
  const onSelect = useCallback((index: number, range: "one" | "range") => select(index, range), [select]);
  const all = lines.length > 0 && selection.selected.size >= lines.length;
  const cursorRow = selection.cursor === null ? undefined : lines[selection.cursor]?.row;

  return (
    <div
      className="@container relative flex min-h-0 min-w-0 flex-1 flex-col"
      onPointerMove={() => setPointer(true)}
      onPointerLeave={() => setPointer(false)}
    >
      {overlay}
      <div
        ref={scroller}
        onScroll={(event) => {
          lastTop.current = event.currentTarget.scrollTop;
          setAway(lastTop.current > 4);
        }}
        className={cn("min-h-0 flex-1 overflow-auto", selection.selected.size > 0 && "pb-11")}
      >
        {/* The ARIA grid pattern: rows are selected and walked with keys, and the table keeps its own elements. */}
        <table
          ref={grid}
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role
          role="treegrid"
          aria-label="Runs"
          aria-rowcount={lines.length + 1}
          aria-multiselectable
          tabIndex={0}
          {...(cursorRow && { "aria-activedescendant": `row-${cursorRow.id}` })}
          style={layout.style}
          className="block -outline-offset-2 @5xl:min-w-[var(--least)]"
        >
          <thead className="sticky top-0 z-20 block border-b border-line bg-canvas">
            <tr aria-rowindex={1} className={cn(lineGrid, "h-8 text-left text-sm text-faint [&>th]:font-normal")}>
              <th className="flex">
                <Checkbox
                  checked={all ? true : selection.selected.size > 0 ? "indeterminate" : false}
                  aria-label={all ? "Clear selection" : "Select all loaded runs"}
                  onCheckedChange={() => (all ? selection.clear() : selection.selectAll())}
                />
              </th>
              {layout.columns.map(({ column, className }) => {
                const { name, isRight } = columnLook(column);
                return (
                  <th key={column} className={cn("min-w-0 truncate", isRight && "text-right", className)} title={name}>
                    <OthersText text={name} />
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody className="relative block" style={{ height: totalHeight }}>
            {indexes.map((index) => {
              const line = lines[index];
              return line ? (
                <RunLine
                  key={line.row.id}
                  row={line.row}
                  layout={layout}
                  depth={line.depth}
                  index={index}
                  top={topOf(index)}
                  selected={selection.selected.has(line.row.id)}
                  atCursor={selection.cursor === index}
                  onSelect={onSelect}
                  onTag={onTag}
                  fits={fits}
                />
              ) : null;
            })}
          </tbody>
        </table>
        {more === "loading" ? <SkeletonRows rows={3} /> : null}
        {more === "failed" ? <ErrorState className="m-3" title="Older runs could not be read" onRetry={onMore} /> : null}
      </div>
    </div>
  );
}
