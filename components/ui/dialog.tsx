"use client";
import { lazy, Suspense, type ReactNode } from "react";
import { Button } from "./button";

const load = () => import("./dialog-body");
const DialogBody = lazy(() => load().then((module) => ({ default: module.DialogBody })));
const SheetBody = lazy(() => load().then((module) => ({ default: module.SheetBody })));

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
  return props.open ? (
    <Suspense fallback={null}>
      <DialogBody {...props} />
    </Suspense>
  ) : null;
}

export interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  /** What will happen, with the number of things that it happens to. */
  description: ReactNode;
  /** The verb: "Cancel run". */
  action: string;
  look?: "primary" | "danger";
  busy?: boolean;
  error?: string | undefined;
  onConfirm: () => void;
  children?: ReactNode;
}

export function ConfirmDialog({ open, onOpenChange, title, description, action, look = "danger", busy = false, error, onConfirm, children }: ConfirmDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={description}
      size="sm"
      footer={
        <>
          <Button onClick={() => onOpenChange(false)} data-autofocus={look === "danger" || undefined}>
            Keep as it is
          </Button>
          <Button look={look} busy={busy} onClick={onConfirm} data-autofocus={look === "primary" || undefined}>
            {action}
          </Button>
        </>
      }
    >
      {children}
      {error ? (
        <p role="alert" className="my-1 text-bad">
          {error}
        </p>
      ) : null}
    </Dialog>
  );
}

export interface SheetProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  children: ReactNode;
}

/** A panel from the left edge, for the sidebar on small screens. */
export function Sheet(props: SheetProps) {
  return props.open ? (
    <Suspense fallback={null}>
      <SheetBody {...props} />
    </Suspense>
  ) : null;
}
