"use client";
import type { ComponentType, ReactNode } from "react";
import { DialogWaiting } from "./dialog-waiting";
import { lazily, type Lazily } from "./lazily";

type Closing = { onClose: () => void } | { onOpenChange: (open: boolean) => void };

/** A dialog whose code is loaded when it is opened; its place is there at once, and Escape leaves it. */
export function lazilyDialog<Props extends Closing>(load: () => Promise<ComponentType<Props>>): Lazily<Props> {
  return lazily(load, (props) => <DialogWaiting onClose={() => ("onClose" in props ? props.onClose() : props.onOpenChange(false))} />);
}

const DialogBody = lazilyDialog<DialogProps>(async () => (await import("./dialog-body")).DialogBody);
const SheetBody = lazilyDialog<SheetProps>(async () => (await import("./dialog-body")).SheetBody);

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
