"use client";
import type { ReactNode } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";

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

export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  description,
  action,
  look = "danger",
  busy = false,
  error,
  onConfirm,
  children,
}: ConfirmDialogProps) {
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
