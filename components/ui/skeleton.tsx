import { cn } from "./cn";

export const Skeleton = ({ className }: { className?: string }) => (
  <div aria-hidden className={cn("breathe rounded-sm bg-active", className)} />
);

/** Rows of the exact height of the real ones, so that nothing shifts when they come. */
export function SkeletonRows({ rows, rowClass = "h-9" }: { rows: number; rowClass?: string }) {
  return (
    <output aria-label="Loading" className="block">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={cn("flex items-center gap-4 border-b border-line px-4", rowClass)}>
          <Skeleton className="h-3 w-20" />
          <Skeleton className="h-3 w-40" />
          <Skeleton className="h-3 flex-1" />
          <Skeleton className="h-3 w-16" />
        </div>
      ))}
    </output>
  );
}
