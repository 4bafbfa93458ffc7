import { cn } from "./cn";

/** A number per part of time, the newest at the right; the tallest bar fills the height. `words` say what it shows. */
export function Spark({
  values,
  words,
  color,
  className,
}: {
  values: readonly number[];
  words: string;
  color: string;
  className?: string;
}) {
  const top = Math.max(1, ...values);
  const bar = (value: number, x: number) => (value === 0 ? "" : `M${x * 4} 20v${-Math.max(2, (value / top) * 19)}h3V20z`);
  return (
    <svg
      role="img"
      aria-label={words}
      viewBox={`0 0 ${values.length * 4} 20`}
      preserveAspectRatio="none"
      className={cn("h-5 w-24 shrink-0", className)}
    >
      <title>{words}</title>
      <path d={`M0 19.5H${values.length * 4}`} stroke="var(--line-strong)" strokeWidth="1" vectorEffect="non-scaling-stroke" />
      <path d={values.map(bar).join("")} fill={color} />
    </svg>
  );
}
