"use client";
import { useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { useModal } from "./modal";
import { Spinner } from "./spinner";

/** Stands at once where a dialog will be whose code is on its way: what was pressed is seen to work, and the page behind hears no key. */
export function DialogWaiting({ onClose }: { onClose: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useModal();
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current?.focus();
    // The dialog that comes next gives the focus back to what had it before.
    return () => (before instanceof HTMLElement ? before.focus() : undefined);
  }, []);
  return createPortal(
    <div className="fixed inset-0 z-40 bg-black/40">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={box}
        // The element would bring its own layer, focus and Escape beside those of the dialog that comes.
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
        role="dialog"
        aria-modal
        aria-label="Loading"
        tabIndex={-1}
        onKeyDown={(event) => {
          if (event.key === "Escape") onClose();
          // Out of it there is only the page behind.
          else if (event.key !== "Tab") return;
          event.preventDefault();
        }}
        className="appear fixed inset-x-2 top-[8vh] mx-auto flex h-24 max-w-md items-center justify-center gap-2 rounded-lg bg-raised text-muted shadow-float outline-none"
      >
        <Spinner /> Loading…
      </div>
    </div>,
    document.body,
  );
}
