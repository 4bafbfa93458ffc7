"use client";
import { Check, Copy } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { IconButton } from "./button";
import { cn } from "./cn";
import { readableText } from "@/lib/view/readable-text";

/** Works without the clipboard API too, which browsers withhold on plain HTTP. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Denied: the old way below still works from a click.
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, (text) => void copyText(text).then(setCopied)];
}

export function CopyButton({ text, label = "Copy", className }: { text: string | (() => string); label?: string; className?: string }) {
  const [copied, copy] = useCopied();
  return (
    <IconButton
      label={copied ? "Copied" : label}
      size="icon-sm"
      {...(className ? { className } : {})}
      onClick={() => copy(typeof text === "string" ? text : text())}
    >
      {copied ? <Check className="size-3.5 text-good" /> : <Copy className="size-3.5" />}
      <span aria-live="polite" className="sr-only">
        {copied ? "Copied" : ""}
      </span>
    </IconButton>
  );
}

/** Outside the flow, so that it takes no room while it is not there. */
const mark = "absolute left-full ml-0.5 size-3";

/** A value that copies itself on click. */
export function CopyValue({ text, children, className }: { text: string; children?: ReactNode; className?: string }) {
  const [copied, copy] = useCopied();
  return (
    <button
      type="button"
      title={`Copy ${readableText(text)}`}
      onClick={() => copy(text)}
      className={cn("group relative inline-flex max-w-full min-w-0 items-center rounded-sm font-mono text-muted hover:text-fg", className)}
    >
      <span className="truncate">{children ?? readableText(text)}</span>
      {copied ? (
        <Check aria-hidden className={cn(mark, "text-good")} />
      ) : (
        <Copy aria-hidden className={cn(mark, "opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100")} />
      )}
      <span aria-live="polite" className="sr-only">
        {copied ? "Copied" : ""}
      </span>
    </button>
  );
}
