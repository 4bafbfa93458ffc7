"use client";
import { useState, type ReactNode } from "react";
import type { Answer, Problem } from "../auth/request";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";

export interface SecretForm {
  /** Why it was not made. */
  problem: Problem | undefined;
  /** The form was changed: what was wrong may be right now. */
  changed(): void;
  submit(): void;
}

interface SecretDialogProps<Made> {
  title: string;
  description: string;
  /** Words of the button that makes it, and of the one that leaves. */
  action: string;
  cancel?: string;
  /** A text: what is missing. */
  make: () => Promise<Answer<Made>> | string;
  /** Called once it is made, before it is shown. */
  onMade: () => void;
  onClose: () => void;
  titleOf: (made: Made) => string;
  /** What is shown this once; null: there is nothing to keep, and the dialog is done. */
  renderMade: (made: Made) => ReactNode;
  children: (form: SecretForm) => ReactNode;
}

/** Asks for what is needed to make something with a secret, then shows the secret, once. */
export function SecretDialog<Made>({
  title,
  description,
  action,
  cancel = "Cancel",
  make,
  onMade,
  onClose,
  titleOf,
  renderMade,
  children,
}: SecretDialogProps<Made>) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [made, setMade] = useState<Made>();

  async function submit() {
    const making = make();
    if (typeof making === "string") return setProblem({ status: 0, error: making, param: undefined, issues: [] });
    setBusy(true);
    const answer = await making;
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    onMade();
    if (renderMade(answer.value) === null) onClose();
    else setMade(answer.value);
    return undefined;
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={made === undefined ? title : titleOf(made)}
      description={made === undefined ? description : undefined}
      footer={
        made === undefined ? (
          <>
            <Button onClick={onClose}>{cancel}</Button>
            <Button look="primary" busy={busy} onClick={() => void submit()}>
              {action}
            </Button>
          </>
        ) : (
          <Button look="primary" onClick={onClose}>
            I have copied it
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        {made === undefined ? children({ problem, changed: () => setProblem(undefined), submit: () => void submit() }) : renderMade(made)}
      </div>
    </Dialog>
  );
}
