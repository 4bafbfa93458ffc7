"use client";
import { Check, Minus } from "lucide-react";
import { Checkbox as RadixCheckbox, Switch as RadixSwitch } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "./cn";

/** `checked` may be "indeterminate". Give it `aria-label` or an outer label. */
export const Checkbox = ({ className, ...rest }: ComponentProps<typeof RadixCheckbox.Root>) => (
  <RadixCheckbox.Root
    className={cn("group size-4 shrink-0 rounded-sm border border-line-strong bg-canvas data-[state=checked]:border-accent data-[state=checked]:bg-accent data-[state=indeterminate]:border-accent data-[state=indeterminate]:bg-accent", className)}
    {...rest}
  >
    <RadixCheckbox.Indicator className="flex items-center justify-center text-canvas">
      <Check className="size-3 group-data-[state=indeterminate]:hidden" strokeWidth={3} />
      <Minus className="hidden size-3 group-data-[state=indeterminate]:block" strokeWidth={3} />
    </RadixCheckbox.Indicator>
  </RadixCheckbox.Root>
);

export const Switch = ({ className, ...rest }: ComponentProps<typeof RadixSwitch.Root>) => (
  <RadixSwitch.Root className={cn("h-5 w-9 shrink-0 rounded-full bg-line-strong transition-colors duration-[120ms] data-[state=checked]:bg-accent", className)} {...rest}>
    <RadixSwitch.Thumb className="block size-4 translate-x-0.5 rounded-full bg-white transition-transform duration-[120ms] data-[state=checked]:translate-x-[18px]" />
  </RadixSwitch.Root>
);
