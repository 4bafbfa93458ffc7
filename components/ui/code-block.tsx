"use client";
import { cn } from "./cn";
import { CopyButton } from "./copy";
import { visibleText } from "@/lib/view/readable-text";

/** Code to copy. */
export function CodeBlock({ code, label = "Copy code", className }: { code: string; label?: string; className?: string }) {
  return (
    <div className={cn("relative rounded border border-line bg-panel", className)}>
      {/* Long lines wrap on a phone, else scroll, which the keyboard can do only where it can stop. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} className="overflow-x-auto p-3 pr-10 font-mono text-sm leading-5 max-sm:break-words max-sm:whitespace-pre-wrap">
        <code>{visibleText(code)}</code>
      </pre>
      <CopyButton text={code} label={label} className="absolute top-1.5 right-1.5 bg-panel" />
    </div>
  );
}
