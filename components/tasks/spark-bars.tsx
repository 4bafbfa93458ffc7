import type { TaskSummary } from "@/lib/contracts/dashboard";
import { sparkBars } from "@/lib/view/task-chart";
import { plural } from "@/lib/view/format";

/** Finished runs of the last 24 hours, one bar per hour. */
export function SparkBars({ hourly }: { hourly: TaskSummary["hourly"] }) {
  const completed = hourly.reduce((sum, hour) => sum + hour.completed, 0);
  const failed = hourly.reduce((sum, hour) => sum + hour.failed, 0);
  const words = `${plural(completed + failed, "run")} finished in 24 hours, ${failed} of them failed`;
  return (
    <span title={words} className="flex items-center gap-2">
      <svg role="img" aria-label={words} viewBox={`0 0 ${hourly.length * 4} 20`} preserveAspectRatio="none" className="h-5 w-24 shrink-0">
        <path d={`M0 19.5H${hourly.length * 4}`} stroke="var(--line-strong)" strokeWidth="1" vectorEffect="non-scaling-stroke" />
        {sparkBars(hourly).map((bar) => (
          <g key={bar.x}>
            <rect x={bar.x * 4} width="3" y={20 - bar.completed * 20} height={bar.completed * 20} fill="var(--good-bar)" />
            <rect x={bar.x * 4} width="3" y={20 - (bar.completed + bar.failed) * 20} height={bar.failed * 20} fill="var(--bad-bar)" />
          </g>
        ))}
      </svg>
      <span className="w-16 font-mono text-sm whitespace-nowrap text-muted">
        {completed + failed}
        {failed > 0 ? <span className="text-bad"> · {failed}</span> : null}
      </span>
    </span>
  );
}
