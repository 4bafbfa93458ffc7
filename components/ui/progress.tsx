import { cn } from "./cn";
import { toneBar, type Tone } from "./tone";

/** `value` from 0 to 1. */
export function Progress({ value, label, tone = "moving", className }: { value: number; label?: string; tone?: Tone; className?: string }) {
  const part = Math.min(1, Math.max(0, value));
  return (
    // A native progress bar cannot move by transform alone.
    <div
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="progressbar"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part * 100)}
      aria-label={label ?? "Progress"}
      className={cn("h-1.5 min-w-8 overflow-hidden rounded-full bg-active", className)}
    >
      <div
        className={cn("h-full w-full origin-left rounded-full transition-transform duration-[120ms] ease-out", toneBar[tone])}
        style={{ transform: `scaleX(${part})` }}
      />
    </div>
  );
}
