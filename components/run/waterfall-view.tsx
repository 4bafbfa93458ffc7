"use client";
import { ListCollapse, ListTree } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, type CSSProperties, type KeyboardEvent, type PointerEvent } from "react";
import { useGo } from "@/components/frame/leaving";
import { useShortcut } from "@/components/frame/shortcuts";
import { IconButton } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { useRowWindow } from "@/components/ui/use-row-window";
import type { RunRow } from "@/lib/contracts/run";
import { useClock, useNow, useSubscribable } from "@/components/live/live-provider";
import { formatDuration, formatTicking } from "@/lib/view/format";
import { timeTicks, type Fold, type TimeScale } from "@/lib/time/time-scale";
import type { TraceRow } from "@/lib/trace/trace-rows";
import { leastUsual } from "@/lib/trace/usual";
import { Minimap } from "./minimap";
import { NamesEdge } from "./names-edge";
import { namesLimits, namesWidth } from "./names-width";
import type { Usual } from "./use-usual";
import type { Waterfall, Zoom } from "./use-waterfall";
import { WaterfallSearch } from "./waterfall-search";
import { lineHeight, split, tickMs, WaterfallLine } from "./waterfall-line";

export interface WaterfallViewProps {
  run: RunRow;
  waterfall: Waterfall;
  usual: Usual;
  /** Key of the selected row; null: none. */
  selected: string | null;
  onSelect: (row: TraceRow) => void;
}

/** A mark behind this part of the axis has its text at its left. */
const lastLabel = 0.85;
const assumed = { width: 800, height: 700 };

/** How long nothing happened: the same text as that of the wait below it, also while it lasts. */
function FoldLength({ gap: { fromMs, toMs } }: { gap: Fold["gap"] }) {
  const clock = useClock();
  const lasts = toMs > clock.now();
  const now = useNow(lasts ? tickMs : null);
  return <>⋯{lasts ? formatTicking(now - fromMs) : formatDuration(toMs - fromMs)}⋯</>;
}

/** Of the room that a mark needs, what its text takes. */
const textPart = 0.75;

/** The text of the last marks is at their left: one that would stand on that of the mark before is left out. */
function readableTicks(scale: TimeScale, wanted: number): number[] {
  const text = textPart / wanted;
  let end = 0;
  const shown: number[] = [];
  for (const tick of timeTicks(scale, wanted)) {
    const at = scale.at(tick);
    const start = at > lastLabel ? at - text : at;
    if (start < end) continue;
    end = start + text;
    shown.push(tick);
  }
  return shown;
}

/** One that would stand on the one before is left out; the fold itself is seen all the same. */
function labelledFolds(scale: TimeScale, wanted: number): Fold[] {
  const shown: Fold[] = [];
  let last = -1;
  for (const fold of scale.folds) {
    const middle = (scale.at(fold.fromMs) + scale.at(fold.toMs)) / 2;
    if (last >= 0 && middle - last < 1 / wanted) continue;
    last = middle;
    shown.push(fold);
  }
  return shown;
}

/** Of the last column, px. */
const durations = 72;
/** Left free at both sides of what is zoomed to. */
const aroundPart = 0.05;
/** A shorter part of the time has nothing to tell apart. */
const leastMs = 1;

function zoomTo(row: TraceRow, whole: TimeScale): Zoom {
  const endMs = row.endMs ?? whole.endMs;
  const around = Math.max(leastMs, (endMs - row.startMs) * aroundPart);
  return { fromMs: row.startMs - around, toMs: endMs + around };
}

export const usualWords = (runs: number | undefined): string | undefined =>
  runs === undefined
    ? undefined
    : runs < leastUsual
      ? `What is usual shows when ${leastUsual} of the task's last runs have completed; ${runs} have`
      : `An outline is the median of the task's last ${runs} runs that completed`;

/** Tree and bars in one virtual scroll. */
export function WaterfallView({ run, waterfall, usual, selected, onSelect }: WaterfallViewProps) {
  const { rows, scale, toggle, openAll, closeAll } = waterfall;
  const go = useGo();
  const scroller = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLDivElement>(null);
  const { indexes, topOf, totalHeight, width, scrollTo } = useRowWindow({
    scroller,
    count: rows.length,
    height: lineHeight,
    overscan: 12,
    assumed,
  });
  // A mark needs 70 px for its text.
  const names = useSubscribable(namesWidth, namesLimits.usual);
  const wanted = Math.max(1, Math.floor((width * (1 - names / 100) - 72) / 70));
  const ticks = useMemo(() => readableTicks(scale, wanted), [scale, wanted]);
  const labelled = useMemo(() => labelledFolds(scale, wanted), [scale, wanted]);
  const latest = useRef({ toggle, onSelect });
  useEffect(() => {
    latest.current = { toggle, onSelect };
  });
  const select = useCallback((row: TraceRow) => latest.current.onSelect(row), []);
  const flip = useCallback((row: TraceRow) => latest.current.toggle(row), []);
  const index = rows.findIndex((row) => row.key === selected);
  const current = rows[index];

  const move = (step: number): void => {
    const next = rows[Math.min(rows.length - 1, Math.max(0, index === -1 ? 0 : index + step))];
    if (!next) return;
    onSelect(next);
    scrollTo(rows.indexOf(next));
    // Else Enter would press the button that was used last.
    box.current?.focus({ preventScroll: true });
  };
  const openChild = (): void => {
    const child = current?.kind === "run" ? current.run : current?.kind === "span" ? current.run : undefined;
    if (child) go(`/runs/${child.id}`);
    else if (current) toggle(current);
  };
  useShortcut("j", { label: "Next span", group: "Waterfall", run: () => move(1) });
  useShortcut("k", { label: "Previous span", group: "Waterfall", run: () => move(-1) });
  useShortcut("enter", { label: "Open child run, or fold", group: "Waterfall", run: openChild });
  useShortcut("e", { label: "Open all", group: "Waterfall", run: openAll });
  useShortcut("w", { label: "Close all", group: "Waterfall", run: closeAll });
  useShortcut("f", {
    label: "Zoom to the span, or show all again",
    group: "Waterfall",
    run: () => waterfall.setZoom(waterfall.zoom === null && current ? zoomTo(current, waterfall.whole) : null),
  });

  function onKey(event: KeyboardEvent): void {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) move(step);
    else if (event.key === "ArrowRight" && current && !current.open) toggle(current);
    else if (event.key === "ArrowLeft" && current?.open) toggle(current);
    else if (event.key === "Home") move(-rows.length);
    else if (event.key === "End") move(rows.length);
    else return;
    event.preventDefault();
  }

  const shares: CSSProperties & Record<"--names", string> = { "--names": `${names}%` };
  const crosshair = useRef<HTMLDivElement>(null);
  /** Without a render: it follows the pointer. */
  function onPoint(event: PointerEvent<HTMLElement>): void {
    const line = crosshair.current;
    if (!line) return;
    const bounds = event.currentTarget.getBoundingClientRect();
    const [left, right] = [bounds.left + (bounds.width * names) / 100, bounds.right - durations];
    const isOver = event.clientX >= left && event.clientX <= right;
    line.hidden = !isOver;
    if (!isOver) return;
    const part = (event.clientX - left) / (right - left);
    line.style.left = `${event.clientX - bounds.left}px`;
    line.dataset.at = formatDuration(scale.invert(part) - waterfall.whole.startMs);
    line.dataset.side = part > 0.8 ? "left" : "right";
  }
  function onPointAway(): void {
    if (crosshair.current) crosshair.current.hidden = true;
  }

  return (
    <div
      ref={area}
      className="relative flex min-h-0 min-w-0 flex-1 flex-col"
      style={shares}
      onPointerMove={onPoint}
      onPointerLeave={onPointAway}
    >
      <NamesEdge width={names} box={area} />
      <div
        ref={crosshair}
        hidden
        aria-hidden
        className="pointer-events-none absolute inset-y-0 z-10 w-px bg-accent after:absolute after:bottom-1 after:rounded-sm after:bg-raised after:px-1 after:whitespace-nowrap after:font-mono after:text-xs after:text-fg after:shadow-float after:content-[attr(data-at)] data-[side=left]:after:right-1 data-[side=right]:after:left-1"
      />
      <div className={cn(split, "h-6 shrink-0 border-b border-line")}>
        <h2 className="truncate border-r border-line pl-4 text-sm leading-6 text-faint" title={usualWords(usual.runs)}>
          Trace{usual.runs !== undefined && usual.runs >= leastUsual ? `, outlines: usual of ${usual.runs} runs` : ""}
        </h2>
        <Minimap rows={rows} whole={waterfall.whole} zoom={waterfall.zoom} onZoom={waterfall.setZoom} />
        {waterfall.zoom === null ? null : (
          <button type="button" onClick={() => waterfall.setZoom(null)} className="pr-3 text-right text-sm text-accent hover:underline">
            Show all
          </button>
        )}
      </div>
      <div className={cn(split, "h-9 shrink-0 border-b border-line")}>
        <div className="flex min-w-0 items-center gap-1 border-r border-line pr-1 pl-3">
          <WaterfallSearch waterfall={waterfall} onLeave={() => box.current?.focus({ preventScroll: true })} />
          <IconButton label="Open all" hint="E" size="icon-sm" onClick={openAll}>
            <ListTree className="size-4" />
          </IconButton>
          <IconButton label="Close all" hint="W" size="icon-sm" onClick={closeAll}>
            <ListCollapse className="size-4" />
          </IconButton>
        </div>
        <div aria-hidden className="relative overflow-hidden">
          {ticks.map((tick) => (
            <span
              key={tick}
              className={cn(
                "absolute top-0.5 border-line font-mono text-xs whitespace-nowrap text-faint",
                scale.at(tick) > lastLabel ? "-translate-x-full border-r pr-1" : "border-l pl-1",
              )}
              style={{ left: `${scale.at(tick) * 100}%` }}
            >
              {formatDuration(tick - waterfall.whole.startMs)}
            </span>
          ))}
          {labelled.map((fold) => {
            const middle = `${((scale.at(fold.fromMs) + scale.at(fold.toMs)) / 2) * 100}%`;
            // Moved back by the same share of its width: at neither edge is it cut off.
            return (
              <span
                key={fold.fromMs}
                title="Time without activity, folded"
                className="absolute bottom-0.5 font-mono text-xs whitespace-nowrap text-parked"
                style={{ left: middle, transform: `translateX(-${middle})` }}
              >
                <FoldLength gap={fold.gap} />
              </span>
            );
          })}
        </div>
        <div className="self-center pr-3 text-right text-sm text-faint">Took</div>
      </div>
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto">
        <div
          ref={box}
          role="tree"
          aria-label="Trace of the run"
          tabIndex={0}
          onKeyDown={onKey}
          {...(current && { "aria-activedescendant": `span-${index}` })}
          className="relative -outline-offset-2"
          style={{ height: totalHeight }}
        >
          <div aria-hidden className={cn(split, "pointer-events-none absolute inset-0")}>
            <div />
            <div className="relative">
              {scale.folds.map((fold) => (
                <div
                  key={fold.fromMs}
                  className="absolute inset-y-0 border-x border-dashed border-line-strong bg-[repeating-linear-gradient(135deg,transparent_0_4px,var(--hover)_4px_8px)]"
                  style={{ left: `${scale.at(fold.fromMs) * 100}%`, width: `${(scale.at(fold.toMs) - scale.at(fold.fromMs)) * 100}%` }}
                />
              ))}
            </div>
          </div>
          {indexes.map((position) => {
            const row = rows[position];
            return row ? (
              <WaterfallLine
                key={row.key}
                id={`span-${position}`}
                row={row}
                run={run}
                scale={scale}
                top={topOf(position)}
                selected={row.key === selected}
                usualMs={usual.of(row)}
                onSelect={select}
                onToggle={flip}
              />
            ) : null;
          })}
        </div>
      </div>
    </div>
  );
}
