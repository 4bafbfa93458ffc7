"use client";
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { Kbd } from "./kbd";

export interface TabsProps<Value extends string> {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  tabs: readonly { value: Value; label: ReactNode; count?: number | undefined; hint?: string }[];
  /** The open tab's content; it scrolls by itself. */
  children: ReactNode;
}

export function Tabs<Value extends string>({ label, value, onChange, tabs, children }: TabsProps<Value>) {
  return (
    <Radix.Root
      value={value}
      onValueChange={(next) => {
        const chosen = tabs.find((tab) => tab.value === next);
        if (chosen) onChange(chosen.value);
      }}
      className="flex min-h-0 flex-1 flex-col"
    >
      <Radix.List aria-label={label} className="flex h-9 shrink-0 items-stretch gap-1 overflow-x-auto border-b border-line px-2 [scrollbar-width:none]">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className="group relative flex items-center gap-1.5 px-2 whitespace-nowrap text-muted -outline-offset-2 hover:text-fg data-[state=active]:font-medium data-[state=active]:text-fg data-[state=active]:after:absolute data-[state=active]:after:inset-x-1 data-[state=active]:after:bottom-[-1px] data-[state=active]:after:h-0.5 data-[state=active]:after:bg-fg"
          >
            {tab.label}
            {tab.count ? <span className="font-mono text-xs text-faint">{tab.count}</span> : null}
            {tab.hint ? (
              <span className="hidden group-hover:inline group-focus-visible:inline">
                <Kbd>{tab.hint}</Kbd>
              </span>
            ) : null}
          </Radix.Trigger>
        ))}
      </Radix.List>
      <Radix.Content value={value} className="flex min-h-0 flex-1 flex-col outline-none">
        {children}
      </Radix.Content>
    </Radix.Root>
  );
}
