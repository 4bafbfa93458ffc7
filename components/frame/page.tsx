import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

/** Scrolling body of a page; lists that scroll by themselves do without it. */
export const Page = ({ className, children }: { className?: string; children: ReactNode }) => <div className={cn("min-h-0 flex-1 overflow-y-auto p-4", className)}>{children}</div>;

/** One line of controls above a page's content. */
export const PageBar = ({ className, children }: { className?: string; children: ReactNode }) => (
  <div className={cn("flex min-h-11 shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5", className)}>{children}</div>
);

/** A titled part of a page, divided from the next by a line. */
export const Section = ({ title, actions, className, children }: { title: ReactNode; actions?: ReactNode; className?: string; children: ReactNode }) => (
  <section className={cn("border-b border-line py-4 first:pt-0 last:border-0", className)}>
    <div className="mb-2 flex items-center gap-2">
      <h2 className="flex-1 font-semibold">{title}</h2>
      {actions}
    </div>
    {children}
  </section>
);
