import { cn } from "../ui/cn";
import { formatCount } from "@/lib/view/format";

/** `3 / 10` and how full that is. A limit of null is no limit but the environment's. */
export function UsageBar({
  running,
  limit,
  paused,
  className,
}: {
  running: number;
  limit: number | null;
  paused?: boolean;
  className?: string;
}) {
  const share = limit === null || limit === 0 ? 0 : Math.min(1, running / limit);
  const full = limit !== null && running >= limit;
  return (
    <div className={cn("flex items-center gap-2", className)}>
      <span className="min-w-16 shrink-0 font-mono whitespace-nowrap">
        {formatCount(running)} <span className="text-faint">/ {limit === null ? "∞" : formatCount(limit)}</span>
      </span>
      {limit === null ? null : (
        <div aria-hidden className="max-sm:hidden h-1.5 min-w-12 flex-1 overflow-hidden rounded-full bg-active">
          <div
            className={cn(
              "h-full origin-left rounded-full transition-transform duration-[120ms] ease-out",
              paused === true ? "bg-idle-bar" : full ? "bg-needs-bar" : "bg-moving-bar",
            )}
            style={{ transform: `scaleX(${share})` }}
          />
        </div>
      )}
    </div>
  );
}
