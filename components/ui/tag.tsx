import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";
import { toneSoft, toneText, type Tone } from "./tone";

const shape = "inline-flex h-5 max-w-48 min-w-0 items-center rounded-sm border border-line bg-panel px-1.5 text-sm text-muted";

/** A tag as a button: clicking adds it to the filter. Isolated, so that right-to-left text stays inside it. */
export const TagButton = ({ tag, className, ...rest }: ComponentProps<"button"> & { tag: string }) => (
  <button type="button" title={tag} className={cn(shape, "hover:border-line-strong hover:text-fg", className)} {...rest}>
    <bdi className="truncate">{tag}</bdi>
  </button>
);

export const TagLabel = ({ tag, className }: { tag: string; className?: string }) => (
  <span title={tag} className={cn(shape, className)}>
    <bdi className="truncate">{tag}</bdi>
  </span>
);

export const Badge = ({ tone = "idle", className, children }: { tone?: Tone; className?: string; children: ReactNode }) => (
  <span className={cn("inline-flex h-5 items-center gap-1 rounded-sm px-1.5 text-sm whitespace-nowrap", toneSoft[tone], toneText[tone], className)}>{children}</span>
);
