"use client";
import type { ReactNode } from "react";
import { useZone } from "@/components/live/time";
import { cn } from "@/components/ui/cn";
import { Link } from "@/components/ui/link";
import { limits } from "@/lib/contracts/limits";
import type { Measures, Metrics } from "@/lib/contracts/metrics";
import { formatCount, formatDuration, formatInstant } from "@/lib/view/format";
import { Heatmap } from "./heatmap";
import { failureRate, formatRate } from "./measures";
import type { RunsOf } from "./metrics-query";
import { TimeChart, type Series } from "./time-chart";

interface ChartsProps {
  metrics: Metrics;
  hours: number;
  hrefOf: (runs: RunsOf) => string;
  onRuns: (runs: RunsOf) => void;
}

/** Each chart leads to its runs: all of them, or those of the time that is dragged over. */
export function Charts({ metrics, hours, hrefOf, onRuns }: ChartsProps) {
  const { points, total, stepMinutes } = metrics;
  const times = points.map(({ at }) => at);
  const startOf = (index: number) => Date.parse(metrics.from) + index * stepMinutes * 60_000;
  const all = { fromMs: Date.parse(metrics.from), toMs: Date.parse(metrics.to) };
  const of = (name: string, color: string, value: (point: Measures) => number | null, dashed = false): Series => ({
    name,
    color,
    values: points.map(value),
    dashed,
  });
  const chart = { times, hours };
  const brushed = (runs: Omit<RunsOf, "fromMs" | "toMs">) => (first: number, last: number) =>
    onRuns({ ...runs, fromMs: startOf(first), toMs: startOf(last + 1) - 1 });
  const rate = failureRate(total);
  const ended = total.completed + total.failed + total.other;
  const duration = (ms: number | null) => (ms === null ? "–" : formatDuration(ms));

  return (
    <div className="grid border-b border-line md:grid-cols-2 2xl:grid-cols-3">
      <Chart
        title="Throughput"
        figures={[
          [formatCount(ended), "ended"],
          [formatCount(total.failed), "failed"],
        ]}
        href={hrefOf({ ...all, clock: "finished" })}
      >
        <TimeChart
          {...chart}
          look="bars"
          format={formatCount}
          series={[
            of("completed", "var(--good-bar)", (point) => point.completed),
            of("canceled, expired", "var(--idle-bar)", (point) => point.other),
            of("failed", "var(--bad-bar)", (point) => point.failed),
          ]}
          words={`${formatCount(ended)} runs ended, ${formatCount(total.failed)} of them failed`}
          onRange={brushed({ clock: "finished" })}
        />
      </Chart>
      <Chart
        title="Failure rate"
        figures={[[rate === null ? "–" : formatRate(rate), "of completed and failed"]]}
        href={hrefOf({ ...all, clock: "finished", isFailed: true })}
      >
        <TimeChart
          {...chart}
          look="lines"
          format={formatRate}
          most={Math.max(0.05, ...points.map((point) => failureRate(point) ?? 0))}
          series={[of("failed", "var(--bad-bar)", failureRate)]}
          words={`Failure rate ${rate === null ? "unknown" : formatRate(rate)}`}
          onRange={brushed({ clock: "finished", isFailed: true })}
        />
      </Chart>
      <Chart
        title="Start latency"
        figures={[
          [duration(total.startP50Ms), "p50"],
          [duration(total.startP95Ms), "p95"],
        ]}
        note={metrics.partFrom}
        href={hrefOf({ ...all, clock: "started" })}
      >
        <TimeChart
          {...chart}
          look="lines"
          format={formatDuration}
          series={[
            of("p95", "var(--parked-bar)", (point) => point.startP95Ms, true),
            of("p50", "var(--moving-bar)", (point) => point.startP50Ms),
          ]}
          words={`From when runs could start until they did: p50 ${duration(total.startP50Ms)}, p95 ${duration(total.startP95Ms)}`}
          onRange={brushed({ clock: "started" })}
        />
      </Chart>
      <Chart
        title="Compute time"
        figures={[
          [duration(total.p50Ms), "p50"],
          [duration(total.p95Ms), "p95"],
          [duration(total.p99Ms), "p99"],
        ]}
        note={metrics.endsBy === "runs" ? metrics.partFrom : undefined}
        href={hrefOf({ ...all, clock: "finished" })}
      >
        <TimeChart
          {...chart}
          look="lines"
          format={formatDuration}
          series={[
            of("p99", "var(--needs-bar)", (point) => point.p99Ms),
            of("p95", "var(--parked-bar)", (point) => point.p95Ms, true),
            of("p50", "var(--moving-bar)", (point) => point.p50Ms),
          ]}
          words={`Compute time of completed runs: p50 ${duration(total.p50Ms)}, p95 ${duration(total.p95Ms)}, p99 ${duration(total.p99Ms)}`}
          onRange={brushed({ clock: "finished" })}
        />
      </Chart>
      {total.completed === 0 ? null : (
        <Chart
          isWide
          title="Durations"
          figures={[[formatCount(total.completed), "completed"]]}
          note={metrics.endsBy === "runs" ? metrics.partFrom : undefined}
          href={hrefOf({ ...all, clock: "finished" })}
        >
          <Heatmap
            points={points}
            hours={hours}
            onRange={(first, last, octave) =>
              brushed({ clock: "finished", ...(octave !== undefined && octave > 0 && { longerThanMs: 2 ** octave }) })(first, last)
            }
          />
        </Chart>
      )}
    </div>
  );
}

interface ChartProps {
  title: string;
  /** Of the whole time. */
  figures: readonly (readonly [value: string, name: string])[];
  /** Older runs were not read. */
  note?: string | undefined;
  /** All its runs. */
  href: string;
  isWide?: boolean;
  children: ReactNode;
}

function Chart({ title, figures, note, href, isWide = false, children }: ChartProps) {
  const zone = useZone();
  return (
    <figure
      aria-label={title}
      className={cn("min-w-0 border-line px-4 pt-2 pb-3 not-last:border-b md:border-r", isWide && "md:col-span-2")}
    >
      <figcaption className="flex min-h-7 flex-wrap items-center gap-x-3 text-sm">
        <Link href={href} prefetch={false} title="Show its runs" className="font-medium hover:underline">
          {title}
        </Link>
        {figures.map(([value, name]) => (
          <span key={name} className="text-faint">
            <span className="font-mono text-fg">{value}</span> {name}
          </span>
        ))}
        {note === undefined ? null : (
          <span
            className="text-needs"
            title={`Only the newest ${formatCount(limits.measuredRuns)} runs are read for this; older ones are not in it.`}
          >
            of runs since {formatInstant(Date.parse(note), zone).slice(5, 16)}
          </span>
        )}
      </figcaption>
      {children}
    </figure>
  );
}
