"use client";
import { Check } from "lucide-react";
import { DropdownMenu as Radix, Popover as RadixPopover } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";
import { Kbd } from "./kbd";

const floating = "appear z-50 max-h-[min(24rem,var(--radix-popper-available-height))] overflow-y-auto rounded-lg bg-raised p-1 shadow-float";
const row = "flex min-h-7 cursor-default items-center gap-2 rounded px-2 py-1 outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover";

export interface MenuProps {
  /** The button that opens it. */
  trigger: ReactNode;
  align?: "start" | "center" | "end";
  className?: string;
  children: ReactNode;
}

export function Menu({ trigger, align = "start", className, children }: MenuProps) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content align={align} sideOffset={4} collisionPadding={8} className={cn(floating, "min-w-44", className)}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export interface MenuItemProps extends ComponentProps<typeof Radix.Item> {
  hint?: string;
  danger?: boolean;
}

export function MenuItem({ hint, danger, className, children, ...rest }: MenuItemProps) {
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

export function MenuCheck({ className, children, ...rest }: ComponentProps<typeof Radix.CheckboxItem>) {
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

export const MenuLabel = ({ children }: { children: ReactNode }) => <Radix.Label className="px-2 py-1 text-xs font-medium text-faint">{children}</Radix.Label>;
export const MenuLine = () => <Radix.Separator className="my-1 h-px bg-line" />;

export interface PopoverProps extends MenuProps {
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

export function Popover({ trigger, align = "start", className, open, onOpenChange, children }: PopoverProps) {
  return (
    <RadixPopover.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content align={align} sideOffset={4} collisionPadding={8} className={cn(floating, "p-2", className)}>
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
