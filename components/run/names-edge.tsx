"use client";
import type { KeyboardEvent, PointerEvent, RefObject } from "react";
import { namesLimits, setNamesWidth } from "./names-width";

/** The edge between names and bars: dragged, or moved with the arrows. */
export function NamesEdge({ width, box }: { width: number; box: RefObject<HTMLElement | null> }) {
  function onPointerMove(event: PointerEvent): void {
    const area = box.current?.getBoundingClientRect();
    if (area === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    setNamesWidth(((event.clientX - area.left) / area.width) * 100);
  }
  function onKeyDown(event: KeyboardEvent): void {
    const step = event.key === "ArrowRight" ? 2 : event.key === "ArrowLeft" ? -2 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    setNamesWidth(width + step);
  }
  return (
    <div
      // A separator that is moved has a value and the focus; no native element is one.
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="separator"
      aria-label="Width of the names"
      aria-orientation="vertical"
      aria-valuenow={width}
      aria-valuemin={namesLimits.least}
      aria-valuemax={namesLimits.most}
      tabIndex={0}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={onPointerMove}
      onKeyDown={onKeyDown}
      onDoubleClick={() => setNamesWidth(namesLimits.usual)}
      className="absolute inset-y-0 z-20 w-1.5 -translate-x-1/2 cursor-col-resize touch-none hover:bg-line-strong focus-visible:bg-accent"
      style={{ left: `${width}%` }}
    />
  );
}
