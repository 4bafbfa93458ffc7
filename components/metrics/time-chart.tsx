"use client";
import { useZoneName } from "@/components/live/time";
import { cn } from "@/components/ui/cn";
import { useBrush } from "@/components/ui/use-brush";
import { tickLabel } from "@/lib/view/task-chart";

export interface Series {
  name: string;
  color: string;
  /** One per part of time; null where there is none. Bars stand on those before them. */
  values: readonly (number | null)[];
  dashed?: boolean;
}

export interface TimeChartProps {
  /** Beginnings of the parts of time, ISO. */
  times: readonly string[];
  hours: number;
  look: "bars" | "lines";
  series: readonly Series[];
  format: (value: number) => string;
  /** Height of the scale, where it is not that of the values. */
  most?: number;
  /** What it shows, in a sentence. */
  words: string;
  /** Parts of time in which something was wrong. */
  marked?: readonly boolean[];
  /** Left out: there is nothing to lead to. */
  onRange?: (first: number, last: number) => void;
}

const height = 100;
const none: readonly boolean[] = [];
const nowhere = () => {};

/** Values over time with a scale of their own. Drag over it, or click, to have a part of the time. */
export function TimeChart({ times, hours, look, series, format, most, words, marked = none, onRange }: TimeChartProps) {
  const brush = useBrush(times.length, onRange ?? nowhere);
  const zone = useZoneName();
  const valueAt = (one: Series, index: number) => one.values[index] ?? null;
  const stack = (index: number) => series.reduce((sum, one) => sum + (valueAt(one, index) ?? 0), 0);
  const top =
    most ??
    Math.max(
      1,
      ...times.map((_, index) => (look === "bars" ? stack(index) : Math.max(0, ...series.map((one) => valueAt(one, index) ?? 0)))),
    );
  const y = (value: number) => height - (value / top) * (height - 2) - 1;
  const hovered = brush.over === null ? undefined : times[brush.over];

  return (
    <div className="relative pt-4">
      <span className="pointer-events-none absolute top-0 left-0 font-mono text-xs text-faint">{format(top)}</span>
      <svg
        role="img"
        aria-label={words}
        viewBox={`0 0 ${times.length} ${height}`}
        preserveAspectRatio="none"
        className={cn("h-32 w-full border-b border-line-strong", onRange !== undefined && "cursor-crosshair touch-none")}
        {...brush.handlers}
      >
        <path d={`M0 1H${times.length}`} stroke="var(--line)" strokeWidth="1" vectorEffect="non-scaling-stroke" />
        {times.map((at, index) => (
          <rect
            key={at}
            x={index}
            y={0}
            width={1}
            height={height}
            fill={
              brush.over === index
                ? "var(--hover)"
                : onRange !== undefined && brush.isOutside(index)
                  ? "var(--active)"
                  : marked[index] === true
                    ? "var(--bad-soft)"
                    : "transparent"
            }
          />
        ))}
        {look === "lines" ? (
          series.map((one) => (
            <path
              key={one.name}
              d={steps(one.values, y)}
              fill="none"
              stroke={one.color}
              strokeWidth="1.5"
              strokeDasharray={one.dashed === true ? "4 3" : undefined}
              vectorEffect="non-scaling-stroke"
            />
          ))
        ) : (
          <Bars series={series} parts={times.length} y={y} />
        )}
      </svg>
      <p className="flex justify-between pt-1 font-mono text-xs text-faint">
        <span>{tickLabel(times[0] ?? "", hours, zone)}</span>
        <span className="max-sm:hidden">{tickLabel(times[Math.floor(times.length / 2)] ?? "", hours, zone)}</span>
        <span>{tickLabel(times.at(-1) ?? "", hours, zone)}</span>
      </p>
      {hovered === undefined || brush.over === null ? null : (
        <div className="pointer-events-none absolute top-0 right-0 z-20 rounded bg-raised px-2.5 py-1.5 text-sm shadow-float">
          <p className="text-faint">{tickLabel(hovered, hours, zone)}</p>
          {series.map((one) => {
            const value = valueAt(one, brush.over ?? 0);
            return (
              <p key={one.name} className="flex items-center gap-2">
                <span aria-hidden className="size-2 rounded-sm" style={{ background: one.color }} />
                {one.name}
                <span className="ml-auto pl-3 font-mono">{value === null ? "–" : format(value)}</span>
              </p>
            );
          })}
        </div>
      )}
    </div>
  );
}

/** A value holds for its part of the time; where there is none, the line is interrupted. */
function steps(values: readonly (number | null)[], y: (value: number) => number): string {
  let isDrawn = false;
  return values
    .map((value, index) => {
      const move = isDrawn ? "L" : "M";
      isDrawn = value !== null;
      return value === null ? "" : `${move}${index} ${y(value)}h1`;
    })
    .join("");
}

function Bars({ series, parts, y }: { series: readonly Series[]; parts: number; y: (value: number) => number }) {
  const below = Array.from({ length: parts }, () => 0);
  return series.map((one) => {
    const bar = (index: number): string => {
      const value = one.values[index] ?? 0;
      const from = below[index] ?? 0;
      below[index] = from + value;
      return value === 0 ? "" : `M${index + 0.1} ${y(from)}V${Math.min(y(from + value), y(from) - 1)}h.8V${y(from)}z`;
    };
    return <path key={one.name} d={below.map((_, index) => bar(index)).join("")} fill={one.color} />;
  });
}
