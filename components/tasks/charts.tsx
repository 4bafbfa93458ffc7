"use client";
import { useSyncExternalStore } from "react";
import { Bar, BarChart, CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { TaskStats } from "@/lib/contracts/dashboard";
import type { RunStatus } from "@/lib/contracts/status";
import { formatCount, formatDuration } from "@/lib/view/format";
import { seriesOf, tickLabel } from "@/lib/view/task-chart";
import { useZoneName } from "../live/time";
import { statusLook } from "../runs/status";
import { toneColor } from "../ui/tone";

export interface ChartsProps {
  stats: TaskStats;
  hours: number;
}

const never = () => () => undefined;
const axis = { stroke: "var(--line-strong)", tick: { fill: "var(--faint)", fontSize: 11 }, tickLine: false } as const;
/** The last label of the time axis stands in the middle below its mark. */
const margin = { top: 8, right: 28, bottom: 0, left: 0 };
/** Of a label of the value axis, px. */
const letter = 7;
const axisWidth = (labels: readonly string[]): number => Math.max(36, ...labels.map((label) => label.length * letter + 10));

/** Failures of different kinds share their hue with the rows of the list; shade tells them apart. */
const shade: Partial<Record<RunStatus, number>> = { CRASHED: 0.75, SYSTEM_FAILURE: 0.6, TIMED_OUT: 0.45, EXPIRED: 0.6 };

export function ActivityChart({ stats, hours }: ChartsProps) {
  const data = stats.points.map(({ at, counts }) => ({ at, ...counts }));
  const still = useReducedMotion();
  const zone = useZoneName();
  return (
    <ResponsiveContainer width="100%" height={200}>
      <BarChart data={data} margin={margin} barCategoryGap={1}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="at" {...axis} minTickGap={48} tickFormatter={(at: string) => tickLabel(at, hours, zone)} />
        <YAxis
          {...axis}
          axisLine={false}
          width={axisWidth(stats.points.map(({ counts }) => formatCount(Object.values(counts).reduce((sum, count) => sum + count, 0))))}
          allowDecimals={false}
          tickFormatter={(value: number) => formatCount(value)}
        />
        <Tooltip cursor={{ fill: "var(--hover)" }} content={<Card hours={hours} format={formatCount} />} />
        {seriesOf(stats.points).map((status) => (
          <Bar
            key={status}
            dataKey={status}
            name={statusLook[status].word}
            stackId="runs"
            fill={toneColor[statusLook[status].tone]}
            fillOpacity={shade[status] ?? 1}
            isAnimationActive={!still}
            animationDuration={120}
          />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}

export function LatencyChart({ stats, hours }: ChartsProps) {
  const still = useReducedMotion();
  const zone = useZoneName();
  return (
    <ResponsiveContainer width="100%" height={200}>
      <LineChart data={stats.points} margin={margin}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="at" {...axis} minTickGap={48} tickFormatter={(at: string) => tickLabel(at, hours, zone)} />
        <YAxis
          {...axis}
          axisLine={false}
          width={axisWidth(stats.points.flatMap(({ p50Ms, p95Ms }) => [p50Ms, p95Ms].map((ms) => formatDuration(ms ?? 0))))}
          tickFormatter={(value: number) => formatDuration(value)}
        />
        <Tooltip cursor={{ stroke: "var(--line-strong)" }} content={<Card hours={hours} format={formatDuration} />} />
        <Line
          dataKey="p95Ms"
          name="p95"
          stroke="var(--parked-bar)"
          strokeWidth={1.5}
          strokeDasharray="4 3"
          dot={{ r: 2 }}
          isAnimationActive={!still}
          animationDuration={120}
        />
        <Line
          dataKey="p50Ms"
          name="p50"
          stroke="var(--moving-bar)"
          strokeWidth={1.5}
          dot={{ r: 2 }}
          isAnimationActive={!still}
          animationDuration={120}
        />
      </LineChart>
    </ResponsiveContainer>
  );
}

interface CardProps {
  hours: number;
  format: (value: number) => string;
  /** The library adds these. */
  active?: boolean;
  label?: string;
  payload?: readonly { name?: string; value?: unknown; color?: string }[];
}

function Card({ hours, format, active = false, label = "", payload = nothing }: CardProps) {
  const zone = useZoneName();
  if (!active) return null;
  const lines = payload.filter((entry) => typeof entry.value === "number");
  return (
    <div className="rounded bg-raised px-2.5 py-1.5 text-sm shadow-float">
      <p className="text-faint">{tickLabel(label, hours, zone)}</p>
      {lines.length === 0 ? <p>nothing finished</p> : null}
      {lines.toReversed().map(({ name, color, value }) => (
        <p key={name} className="flex items-center gap-2">
          <span aria-hidden className="size-2 rounded-sm" style={{ background: color }} />
          {name}
          <span className="ml-auto pl-3 font-mono">{format(Number(value))}</span>
        </p>
      ))}
    </div>
  );
}
const nothing: NonNullable<CardProps["payload"]> = [];

const motion = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const useReducedMotion = () => useSyncExternalStore(never, motion, () => true);
