import { cn } from "@/components/ui/cn";

/** Occurrences over time: a bar per part, the newest at the right. `words` says the same. */
export function Trend({ counts, words, className }: { counts: readonly number[]; words: string; className?: string }) {
  const max = Math.max(1, ...counts);
  return (
    <svg role="img" aria-label={words} viewBox={`0 0 ${counts.length * 4} 20`} preserveAspectRatio="none" className={cn("h-5 shrink-0", className)}>
      <title>{words}</title>
      <path d={`M0 19.5H${counts.length * 4}`} stroke="var(--line-strong)" strokeWidth="1" vectorEffect="non-scaling-stroke" />
      {counts.map((count, index) => {
        const height = count === 0 ? 0 : Math.max(2, (count / max) * 19);
        // Parts have no other name than their place.
        // oxlint-disable-next-line react/no-array-index-key
        return <rect key={index} x={index * 4} width="3" y={20 - height} height={height} fill="var(--bad-bar)" />;
      })}
    </svg>
  );
}
