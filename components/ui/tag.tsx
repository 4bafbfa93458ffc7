import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";
import { toneSoft, toneText, type Tone } from "./tone";
import { OthersText } from "./others-text";
import { readableText } from "@/lib/view/readable-text";

const shape = "inline-flex h-5 max-w-48 min-w-0 items-center rounded-sm border border-line bg-panel px-1.5 text-sm text-muted";

/** A tag as a button: clicking adds it to the filter. Isolated, so that right-to-left text stays inside it. */
export const TagButton = ({ tag, className, ...rest }: ComponentProps<"button"> & { tag: string }) => (
  <button type="button" title={readableText(tag)} className={cn(shape, "hover:border-line-strong hover:text-fg", className)} {...rest}>
    <OthersText text={tag} className="truncate" />
  </button>
);

export const TagLabel = ({ tag, className }: { tag: string; className?: string }) => (
  <span title={readableText(tag)} className={cn(shape, className)}>
    <OthersText text={tag} className="truncate" />
  </span>
);

export const Badge = ({ tone = "idle", className, children }: { tone?: Tone; className?: string; children: ReactNode }) => (
  <span
    className={cn(
      "inline-flex h-5 items-center gap-1 rounded-sm px-1.5 text-sm whitespace-nowrap",
      toneSoft[tone],
      toneText[tone],
      className,
    )}
  >
    {children}
  </span>
);
