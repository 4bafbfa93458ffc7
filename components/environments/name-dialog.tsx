"use client";
import { useState } from "react";
import type { Answer } from "../auth/request";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, Input } from "../ui/input";

interface NameDialogProps {
  title: string;
  description: string;
  label: string;
  initial?: string;
  maxLength: number;
  /** What is said where nothing is entered. */
  missing: string;
  action: string;
  className?: string;
  submit: (name: string) => Promise<Answer<unknown>>;
  onClose: () => void;
  onDone: () => void;
}

/** Asks for one name. */
export function NameDialog({
  title,
  description,
  label,
  initial = "",
  maxLength,
  missing,
  action,
  className,
  submit,
  onClose,
  onDone,
}: NameDialogProps) {
  const [name, setName] = useState(initial);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function confirm() {
    if (name.trim() === "") return setError(missing);
    setBusy(true);
    const answer = await submit(name.trim());
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    onDone();
    return onClose();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} onClick={() => void confirm()}>
            {action}
          </Button>
        </>
      }
    >
      <Field label={label} error={error} className="pb-2">
        {(control) => (
          <Input
            {...control}
            value={name}
            maxLength={maxLength}
            {...(className !== undefined && { className })}
            onChange={(event) => {
              setName(event.target.value);
              setError(undefined);
            }}
            onKeyDown={(event) => (event.key === "Enter" ? void confirm() : undefined)}
          />
        )}
      </Field>
    </Dialog>
  );
}
