"use client";
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { TimeScale } from "@/lib/time/time-scale";
import type { TraceRow } from "@/lib/trace/trace-rows";
import { formatDuration } from "@/lib/view/format";
import type { Zoom } from "./use-waterfall";

const height = 24;
/** A brush that is shorter is a click, which shows all again. */
const leastPart = 0.004;
/** Rows beyond this are drawn on top of each other: no screen has so many lines. */
const drawnRows = 4_000;

export interface MinimapProps {
  rows: readonly TraceRow[];
  whole: TimeScale;
  zoom: Zoom | null;
  onZoom: (zoom: Zoom | null) => void;
}

/** All of the run's time in one strip: drag to look at a part of it, click to see all again. */
export function Minimap({ rows, whole, zoom, onZoom }: MinimapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [brush, setBrush] = useState<{ from: number; to: number } | null>(null);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    draw(element, rows, whole);
    const observer = new ResizeObserver(() => draw(element, rows, whole));
    observer.observe(element);
    return () => observer.disconnect();
  }, [rows, whole]);

  const partOf = (event: PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const show = (from: number, to: number): void =>
    onZoom(to - from < leastPart ? null : { fromMs: whole.invert(from), toMs: whole.invert(to) });
  const shown = brush ?? (zoom === null ? null : { from: whole.at(zoom.fromMs), to: whole.at(zoom.toMs) });
  const [from, to] = shown === null ? [0, 1] : [Math.min(shown.from, shown.to), Math.max(shown.from, shown.to)];

  function onKeyDown(event: KeyboardEvent): void {
    const length = to - from;
    const step = event.key === "ArrowRight" ? length / 4 : event.key === "ArrowLeft" ? -length / 4 : null;
    if (event.key === "+" || event.key === "=") show(from + length / 4, to - length / 4);
    else if (event.key === "-" && length >= 0.5) onZoom(null);
    else if (event.key === "-") show(Math.max(0, from - length / 2), Math.min(1, to + length / 2));
    else if (event.key === "Escape" && zoom !== null) onZoom(null);
    else if (step !== null && zoom !== null) {
      const start = Math.min(1 - length, Math.max(0, from + step));
      show(start, start + length);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const words = zoom === null ? "all" : `${formatDuration(zoom.fromMs - whole.startMs)} to ${formatDuration(zoom.toMs - whole.startMs)}`;
  return (
    <div
      // A part of time that is chosen has two ends; a native range has one.
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="slider"
      aria-label="Part of the time that is shown. Plus and minus zoom, arrows move, Escape shows all."
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(from * 100)}
      aria-valuetext={words}
      tabIndex={0}
      data-minimap={zoom === null ? "all" : "part"}
      title="Drag to look at a part of the time; click to see all"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setBrush({ from: partOf(event), to: partOf(event) });
      }}
      onPointerMove={(event) => brush && setBrush({ from: brush.from, to: partOf(event) })}
      onPointerUp={(event) => {
        if (!brush) return;
        const end = partOf(event);
        setBrush(null);
        show(Math.min(brush.from, end), Math.max(brush.from, end));
      }}
      onPointerCancel={() => setBrush(null)}
      className="relative h-6 min-w-0 cursor-crosshair touch-none overflow-hidden -outline-offset-2"
    >
      <canvas ref={canvas} aria-hidden className="absolute inset-0 size-full" />
      {shown === null ? null : (
        <>
          <span aria-hidden className="absolute inset-y-0 left-0 bg-canvas/75" style={{ width: `${from * 100}%` }} />
          <span aria-hidden className="absolute inset-y-0 right-0 bg-canvas/75" style={{ width: `${(1 - to) * 100}%` }} />
          <span
            aria-hidden
            className="absolute inset-y-0 border-x-2 border-accent"
            style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
          />
        </>
      )}
    </div>
  );
}

const isFailed = (row: TraceRow): boolean =>
  row.kind === "span" ? row.span.isError : row.kind === "group" ? row.failed > 0 : row.kind === "run" ? row.run.error !== undefined : false;

/** A line for each row, failures last, so that none of them is covered. */
function draw(canvas: HTMLCanvasElement, rows: readonly TraceRow[], scale: TimeScale): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const [width, ratio] = [canvas.clientWidth, devicePixelRatio];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const [bad, parked, moving] = ["--bad-bar", "--parked-bar", "--moving-bar"].map((name) => style.getPropertyValue(name));
  const step = Math.max(1, Math.ceil(rows.length / drawnRows));
  const drawn = rows.filter((row, index) => index % step === 0 || isFailed(row));
  const each = Math.min(4, (height - 2) / Math.max(1, drawn.length));
  for (const failed of [false, true]) {
    for (const [index, row] of drawn.entries()) {
      if (isFailed(row) !== failed) continue;
      context.fillStyle = (failed ? bad : row.kind === "span" && row.span.icon === "wait" ? parked : moving) ?? "";
      const from = scale.at(row.startMs) * width;
      context.fillRect(from, 1 + index * each, Math.max(1, scale.at(row.endMs ?? scale.endMs) * width - from), Math.max(0.75, each - 0.5));
    }
  }
}
