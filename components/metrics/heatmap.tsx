"use client";
import { useZoneName } from "@/components/live/time";
import { useBrush } from "@/components/ui/use-brush";
import type { Metrics } from "@/lib/contracts/metrics";
import { formatDuration, plural } from "@/lib/view/format";
import { tickLabel } from "@/lib/view/task-chart";

interface HeatmapProps {
  points: Metrics["points"];
  hours: number;
  /** `octave`: of the row that was clicked; a range of time has none. */
  onRange: (first: number, last: number, octave: number | undefined) => void;
}

/** Rows at least, so that few durations make no thick stripes. */
const leastRows = 6;

/** How many completed runs took how long, over time: each row takes twice as long as the one below. */
export function Heatmap({ points, hours, onRange }: HeatmapProps) {
  const all = points.flatMap(({ octaves }) => octaves.map(([octave]) => octave));
  const lowest = Math.min(...all);
  const rows = Math.max(leastRows, Math.max(...all) - lowest + 1);
  const most = Math.max(...points.flatMap(({ octaves }) => octaves.map(([, n]) => n)));
  const brush = useBrush(points.length, (first, last, height) =>
    onRange(first, last, first === last ? lowest + Math.min(rows - 1, Math.floor((1 - height) * rows)) : undefined),
  );
  const zone = useZoneName();
  const hovered = brush.over === null ? undefined : points[brush.over];
  const bounds = (octave: number) => `${formatDuration(2 ** octave)} to ${formatDuration(2 ** (octave + 1))}`;

  return (
    <div className="relative pt-4">
      <span className="pointer-events-none absolute top-0 left-0 font-mono text-xs text-faint">{formatDuration(2 ** (lowest + rows))}</span>
      <svg
        role="img"
        aria-label={`Compute time of completed runs over time, from ${formatDuration(2 ** lowest)} to ${formatDuration(2 ** (lowest + rows))}`}
        viewBox={`0 0 ${points.length} ${rows}`}
        preserveAspectRatio="none"
        className="h-32 w-full cursor-crosshair touch-none border-b border-line-strong"
        {...brush.handlers}
      >
        {points.map(({ at, octaves }, index) => (
          <g key={at} opacity={brush.isOutside(index) ? 0.35 : 1}>
            <rect x={index} y={0} width={1} height={rows} fill={brush.over === index ? "var(--hover)" : "transparent"} />
            {octaves.map(([octave, n]) => (
              <rect
                key={octave}
                x={index + 0.05}
                y={rows - 1 - (octave - lowest) + 0.05}
                width={0.9}
                height={0.9}
                fill="var(--moving-bar)"
                fillOpacity={0.15 + 0.85 * Math.sqrt(n / most)}
              />
            ))}
          </g>
        ))}
      </svg>
      <p className="flex justify-between pt-1 font-mono text-xs text-faint">
        <span>{tickLabel(points[0]?.at ?? "", hours, zone)}</span>
        <span>{tickLabel(points.at(-1)?.at ?? "", hours, zone)}</span>
      </p>
      {hovered === undefined ? null : (
        <div className="pointer-events-none absolute top-0 right-0 z-20 rounded bg-raised px-2.5 py-1.5 text-sm shadow-float">
          <p className="text-faint">{tickLabel(hovered.at, hours, zone)}</p>
          {hovered.octaves.length === 0 ? <p>nothing completed</p> : null}
          {hovered.octaves.toReversed().map(([octave, n]) => (
            <p key={octave} className="flex gap-4">
              {bounds(octave)}
              <span className="ml-auto font-mono">{plural(n, "run")}</span>
            </p>
          ))}
        </div>
      )}
    </div>
  );
}
