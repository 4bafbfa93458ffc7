"use client";
import { Command } from "cmdk";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { OthersText } from "@/components/ui/others-text";

/** Closes the palette, then does it. */
export type Act = (then: () => void) => () => void;

export const Group = ({ heading, children }: { heading: string; children: ReactNode }) => (
  <Command.Group heading={heading} className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-sm [&_[cmdk-group-heading]]:text-faint">
    {children}
  </Command.Group>
);

/** `also`: other words by which it is found. */
export const Row = ({ Icon, text, also, onSelect }: { Icon: LucideIcon; text: string; also?: string[]; onSelect: () => void }) => (
  <Command.Item value={text} {...(also && { keywords: also })} onSelect={onSelect} className="flex h-8 cursor-default items-center gap-2 rounded px-2 data-[selected=true]:bg-hover">
    <Icon aria-hidden className="size-4 shrink-0 text-muted" />
    <OthersText text={text} className="truncate" />
  </Command.Item>
);
