"use client";
import { Command } from "cmdk";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { OthersText } from "@/components/ui/others-text";

/** Closes the palette, then does it. */
export type Act = (then: () => void) => () => void;

export const Group = ({ heading, children }: { heading: string; children: ReactNode }) => (
  <Command.Group
    heading={heading}
    className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-sm [&_[cmdk-group-heading]]:text-faint"
  >
    {children}
  </Command.Group>
);

interface ItemProps {
  text: string;
  /** Other words by which it is found. */
  also?: string[];
  onSelect: () => void;
}

export const Item = ({ mark, text, also, onSelect }: ItemProps & { mark: ReactNode }) => (
  <Command.Item
    value={text}
    {...(also && { keywords: also })}
    onSelect={onSelect}
    className="flex h-8 cursor-default items-center gap-2 rounded px-2 data-[selected=true]:bg-hover"
  >
    {mark}
    <OthersText text={text} className="truncate" />
  </Command.Item>
);

export const Row = ({ Icon, ...item }: ItemProps & { Icon: LucideIcon }) => (
  <Item mark={<Icon aria-hidden className="size-4 shrink-0 text-muted" />} {...item} />
);
