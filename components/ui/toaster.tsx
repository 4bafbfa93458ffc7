"use client";
import { Toaster as Sonner } from "sonner";

/** Messages of `toast` from sonner, in the page's own colours. */
export const Toaster = () => (
  <Sonner
    position="bottom-right"
    gap={8}
    toastOptions={{
      unstyled: true,
      classNames: {
        toast: "flex w-[356px] max-w-full items-start gap-2 rounded-lg bg-raised px-3 py-2.5 text-base text-fg shadow-float",
        title: "font-medium",
        description: "text-muted break-words",
        icon: "mt-0.5",
        actionButton: "ml-auto h-6 shrink-0 rounded px-2 text-sm font-medium border border-line-strong hover:bg-hover",
        error: "text-bad",
        success: "text-good",
      },
    }}
  />
);
