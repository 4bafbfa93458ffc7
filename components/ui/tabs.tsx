"use client";
import { useId, useRef, type KeyboardEvent, type ReactNode } from "react";
import { cn } from "./cn";
import { Kbd } from "./kbd";

export interface TabsProps<Value extends string> {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  tabs: readonly { value: Value; label: ReactNode; count?: number | undefined; hint?: string }[];
  /** The open tab's content; it scrolls by itself. */
  children: ReactNode;
}

const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

export function Tabs<Value extends string>({ label, value, onChange, tabs, children }: TabsProps<Value>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);

  function onKey(event: KeyboardEvent): void {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const index = Math.min(tabs.length - 1, Math.max(0, tabs.findIndex((tab) => tab.value === value) + step));
    const next = tabs[index];
    if (!next) return;
    onChange(next.value);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[index]?.focus();
  }

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div
        ref={list}
        role="tablist"
        tabIndex={-1}
        aria-label={label}
        onKeyDown={onKey}
        className="flex h-9 shrink-0 items-stretch overflow-x-auto border-b border-line px-2 outline-none [scrollbar-width:none]"
      >
        {tabs.map((tab) => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            id={`${id}-${tab.value}`}
            aria-selected={tab.value === value}
            aria-controls={`${id}-panel`}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => onChange(tab.value)}
            className={cn(
              "group relative flex items-center gap-1.5 px-1.5 whitespace-nowrap text-muted -outline-offset-2 hover:text-fg",
              tab.value === value && "text-fg after:absolute after:inset-x-0.5 after:bottom-[-1px] after:h-0.5 after:bg-fg",
            )}
          >
            {tab.label}
            {tab.count ? <span className="font-mono text-xs text-faint">{tab.count}</span> : null}
            {tab.hint ? (
              <span className="pointer-events-none absolute -top-0.5 right-0 opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100">
                <Kbd>{tab.hint}</Kbd>
              </span>
            ) : null}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`} className="flex min-h-0 flex-1 flex-col">
        {children}
      </div>
    </div>
  );
}
