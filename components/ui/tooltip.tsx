"use client";
import { Tooltip as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { Kbd } from "./kbd";

export const TooltipProvider = ({ children }: { children: ReactNode }) => (
  <Radix.Provider delayDuration={400} skipDelayDuration={150}>
    {children}
  </Radix.Provider>
);

export interface TooltipProps {
  text: ReactNode;
  hint?: string;
  side?: "top" | "right" | "bottom" | "left";
  children: ReactNode;
}

/** The child must take a ref and props (an element or a forwarding component). */
export function Tooltip({ text, hint, side = "bottom", children }: TooltipProps) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content side={side} sideOffset={6} collisionPadding={8} className="appear z-50 flex max-w-80 items-center gap-2 rounded bg-raised px-2 py-1 text-sm text-fg shadow-float">
          {text}
          {hint ? <Kbd>{hint}</Kbd> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
