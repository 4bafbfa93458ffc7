"use client";
import { useEffect, useLayoutEffect, useState, type RefObject } from "react";
import { flushSync } from "react-dom";
import { bottomOf, rowsBetween, topOf, totalHeight, type Rows } from "@/lib/view/row-window";

export interface RowWindowOptions extends Rows {
  scroller: RefObject<HTMLElement | null>;
  /** Height of a heading that stays over the rows. */
  head?: number;
  /** Rows that are rendered above and below what is seen. */
  overscan: number;
  /** Size of the scroller until the browser has measured it, so that the server's first paint has rows. */
  assumed: { width: number; height: number };
}

export interface RowWindow {
  /** Rows to render. */
  indexes: readonly number[];
  topOf: (index: number) => number;
  totalHeight: number;
  /** Of the scroller. */
  width: number;
  /** Moves no further than to where the row is seen whole. */
  scrollTo: (index: number) => void;
}

/** Renders the rows of a long list that show. Written here because its lists have rows of one height, and a library for any costs 10 KB. */
export function useRowWindow({ scroller, head = 0, overscan, assumed, ...rows }: RowWindowOptions): RowWindow {
  const [size, setSize] = useState(assumed);
  const [scrollTop, setScrollTop] = useState(0);
  const { height: rowHeight } = rows;

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const measure = (): void =>
      setSize((held) =>
        held.width === element.clientWidth && held.height === element.clientHeight
          ? held
          : { width: element.clientWidth, height: element.clientHeight },
      );
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    // In steps of a row, and before the frame is painted: what scrolls in is there already.
    const follow = (): void => flushSync(() => setScrollTop(Math.floor(element.scrollTop / rowHeight) * rowHeight));
    element.addEventListener("scroll", follow, { passive: true });
    return () => element.removeEventListener("scroll", follow);
  }, [scroller, rowHeight]);

  return {
    indexes: rowsBetween(rows, { from: scrollTop, to: scrollTop + size.height - head, overscan }),
    topOf: (index) => topOf(rows, index),
    totalHeight: totalHeight(rows),
    width: size.width,
    scrollTo(index) {
      const element = scroller.current;
      if (!element) return;
      const above = topOf(rows, index);
      const below = bottomOf(rows, index) - (element.clientHeight - head);
      if (above < element.scrollTop) element.scrollTo({ top: above });
      else if (below > element.scrollTop) element.scrollTo({ top: below });
    },
  };
}
