"use client";
import { useState, type PointerEvent } from "react";

export interface Brush {
  /** Part under the pointer. */
  over: number | null;
  /** Whether a range is being drawn that leaves this part out. */
  isOutside(index: number): boolean;
  handlers: Record<
    "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerLeave" | "onPointerCancel",
    (event: PointerEvent<Element>) => void
  >;
}

/** Drag over the parts of a chart, or click one: `onRange` gets the first and the last, and where in the chart's height it ended (0 the top, 1 the bottom). */
export function useBrush(parts: number, onRange: (first: number, last: number, height: number) => void): Brush {
  const [range, setRange] = useState<{ from: number; to: number } | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const low = range ? Math.min(range.from, range.to) : 0;
  const high = range ? Math.max(range.from, range.to) : -1;
  const indexAt = (event: PointerEvent<Element>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(parts - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * parts)));
  };
  return {
    over,
    isOutside: (index) => range !== null && (index < low || index > high),
    handlers: {
      onPointerDown(event) {
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = indexAt(event);
        setRange({ from: at, to: at });
      },
      onPointerMove(event) {
        const at = indexAt(event);
        setOver(at);
        if (range) setRange({ ...range, to: at });
      },
      onPointerLeave: () => setOver(null),
      onPointerCancel: () => setRange(null),
      onPointerUp(event) {
        const box = event.currentTarget.getBoundingClientRect();
        setRange(null);
        if (range && parts > 0) onRange(low, high, Math.min(1, Math.max(0, (event.clientY - box.top) / box.height)));
      },
    },
  };
}
