"use client";
import type { ReactNode } from "react";
import { lazily } from "./lazily";

const DialogBody = lazily(async () => (await import("./dialog-body")).DialogBody);
const SheetBody = lazily(async () => (await import("./dialog-body")).SheetBody);

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** Buttons at the bottom right. */
  footer?: ReactNode;
  size?: "sm" | "md" | "lg";
  children?: ReactNode;
}

/** Loaded when it is opened. */
export function Dialog(props: DialogProps) {
  return props.open ? <DialogBody {...props} /> : null;
}

export interface SheetProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  children: ReactNode;
}

/** A panel from the left edge, for the sidebar on small screens. */
export function Sheet(props: SheetProps) {
  return props.open ? <SheetBody {...props} /> : null;
}
