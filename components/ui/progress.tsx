import { cn } from "./cn";

/** `value` from 0 to 1. */
export function Progress({ value, label, className }: { value: number; label?: string; className?: string }) {
  const part = Math.min(1, Math.max(0, value));
  return (
    // A native progress bar cannot move by transform alone.
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
    <div role="progressbar" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(part * 100)} aria-label={label ?? "Progress"} className={cn("h-1.5 min-w-8 overflow-hidden rounded-full bg-active", className)}>
      <div className="h-full w-full origin-left rounded-full bg-moving-bar transition-transform duration-[120ms] ease-out" style={{ transform: `scaleX(${part})` }} />
    </div>
  );
}
