"use client";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { IconButton } from "./button";
import { cn } from "./cn";
import type { DialogProps, SheetProps } from "./dialog";
import { useModal } from "./modal";

/** The first field, or what asks for the focus, or the dialog itself; never the cross, whose hint would pop up. */
function focusFirst(event: Event): void {
  event.preventDefault();
  const dialog = event.currentTarget;
  if (!(dialog instanceof HTMLElement)) return;
  (dialog.querySelector<HTMLElement>("[data-autofocus], input, textarea, select") ?? dialog).focus();
}

const widths = { sm: "max-w-md", md: "max-w-xl", lg: "max-w-4xl" } as const;

export function DialogBody({ onOpenChange, title, description, footer, size = "md", children }: DialogProps) {
  useModal();
  return (
    <Radix.Root open onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Radix.Content
          onOpenAutoFocus={focusFirst}
          {...(description ? {} : { "aria-describedby": undefined })}
          className={cn(
            "appear fixed inset-x-2 top-[8vh] z-50 mx-auto flex max-h-[84vh] flex-col rounded-lg bg-raised shadow-float outline-none",
            widths[size],
          )}
        >
          <header className="flex items-start gap-2 px-4 pt-3 pb-2">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description ? <Radix.Description className="mt-0.5 text-muted">{description}</Radix.Description> : null}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close" hint="Esc" size="icon-sm">
                <X className="size-4" />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-4 py-1">{children}</div>
          {footer ? (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-4 py-3">{footer}</footer>
          ) : (
            <div className="h-3" />
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function SheetBody({ onOpenChange, title, children }: SheetProps) {
  useModal();
  return (
    <Radix.Root open onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Radix.Content
          aria-describedby={undefined}
          className="appear fixed inset-y-0 left-0 z-50 w-64 border-r border-line bg-panel outline-none"
        >
          <Radix.Title className="sr-only">{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
