import type { ReactNode } from "react";
import { cn } from "./cn";

/** Title row of a page's panel: what it is, how many, and its actions at the right. */
export const PanelHead = ({
  title,
  detail,
  children,
  className,
}: {
  title: ReactNode;
  detail?: ReactNode;
  children?: ReactNode;
  className?: string;
}) => (
  <header className={cn("flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1", className)}>
    <h2 className="font-medium">{title}</h2>
    {detail ? <span className="text-sm text-faint">{detail}</span> : null}
    {children ? <div className="ml-auto flex flex-wrap items-center gap-2">{children}</div> : null}
  </header>
);

/** Name and value, one line each. */
export const Facts = ({ facts, className }: { facts: readonly (readonly [string, ReactNode])[]; className?: string }) => (
  <dl className={cn("grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-4 gap-y-1", className)}>
    {facts.map(([name, value]) => (
      <div key={name} className="contents">
        <dt className="text-faint">{name}</dt>
        <dd className="min-w-0 break-words">{value}</dd>
      </div>
    ))}
  </dl>
);
