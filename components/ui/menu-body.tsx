"use client";
import { Check } from "lucide-react";
import { DropdownMenu as Radix, Popover as RadixPopover } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "./cn";
import { Kbd } from "./kbd";
import { MenuParts, type MenuCheckProps, type MenuItemProps, type MenuProps, type PopoverProps } from "./menu";

const floating =
  "appear z-50 max-h-[min(24rem,var(--radix-popper-available-height))] overflow-y-auto rounded-lg bg-raised p-1 shadow-float";
const row =
  "flex min-h-7 cursor-default items-center gap-2 rounded px-2 py-1 outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover";

function Item({ hint, danger, className, children, ...rest }: MenuItemProps) {
  return (
    <Radix.Item className={cn(row, danger && "text-bad", className)} {...rest}>
      {children}
      {hint ? (
        <span className="ml-auto pl-4">
          <Kbd>{hint}</Kbd>
        </span>
      ) : null}
    </Radix.Item>
  );
}

function CheckItem({ className, children, ...rest }: MenuCheckProps) {
  return (
    <Radix.CheckboxItem className={cn(row, className)} {...rest}>
      <span className="flex size-4 items-center justify-center">
        <Radix.ItemIndicator>
          <Check className="size-3.5" />
        </Radix.ItemIndicator>
      </span>
      {children}
    </Radix.CheckboxItem>
  );
}

const Label = ({ children }: { children: ReactNode }) => (
  <Radix.Label className="px-2 py-1 text-xs font-medium text-faint">{children}</Radix.Label>
);
const Line = () => <Radix.Separator className="my-1 h-px bg-line" />;
const parts = { Item, Check: CheckItem, Label, Line };

/** Open from the start: it is loaded because somebody opened it. */
export function MenuBody({ trigger, align = "start", className, children }: MenuProps) {
  return (
    <Radix.Root defaultOpen>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content align={align} sideOffset={4} collisionPadding={8} className={cn(floating, "min-w-44", className)}>
          <MenuParts.Provider value={parts}>{children}</MenuParts.Provider>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function PopoverBody({ trigger, align = "start", className, open, onOpenChange, children }: PopoverProps) {
  return (
    <RadixPopover.Root {...(open === undefined ? { defaultOpen: true } : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content align={align} sideOffset={4} collisionPadding={8} className={cn(floating, "p-2", className)}>
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
