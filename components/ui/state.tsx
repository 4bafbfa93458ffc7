import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";
import { cn } from "./cn";
import { readableText } from "@/lib/view/readable-text";

export interface EmptyStateProps {
  icon?: ReactNode;
  title: string;
  /** A page that consists of nothing else has it as its title. */
  heading?: "h1" | "h2";
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}

/** Nothing here, and what to do about it. */
export function EmptyState({ icon, title, heading: Heading = "h2", children, action, className }: EmptyStateProps) {
  return (
    <div className={cn("mx-auto flex max-w-2xl flex-col items-center gap-2 px-6 py-12 text-center", className)}>
      {icon ? <div className="text-faint [&>svg]:size-6">{icon}</div> : null}
      <Heading className="text-lg font-semibold">{title}</Heading>
      {children ? <div className="max-w-full text-muted">{children}</div> : null}
      {action ? <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}

/** A failure that stays inside the panel it happened in. */
export function ErrorState({
  title,
  detail,
  id,
  onRetry,
  className,
}: {
  title: string;
  detail?: string | undefined;
  id?: string | undefined;
  onRetry?: (() => void) | undefined;
  className?: string;
}) {
  return (
    <div role="alert" className={cn("flex flex-wrap items-start gap-2 rounded border border-bad/40 bg-bad-soft px-3 py-2", className)}>
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        {detail ? <p className="break-words text-muted">{readableText(detail)}</p> : null}
        {id ? <p className="font-mono text-xs text-faint">{id}</p> : null}
      </div>
      {onRetry ? (
        <Button size="sm" onClick={onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}
