"use client";
import { useState } from "react";
import type { LinkMade, PersonRow } from "@/lib/contracts/people";
import { send } from "../auth/request";
import { Button } from "../ui/button";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { Dialog } from "../ui/dialog";
import { LinkShown } from "./link-shown";

export function ResetDialog({ person, onClose }: { person: PersonRow; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [made, setMade] = useState<LinkMade>();

  async function make() {
    setBusy(true);
    const answer = await send<LinkMade>(`/api/dashboard/people/${encodeURIComponent(person.id)}/reset`);
    setBusy(false);
    if (answer.ok) setMade(answer.value);
    else setError(answer.problem.error);
  }

  const close = (open: boolean) => (open ? undefined : onClose());
  if (made === undefined) {
    return (
      <ConfirmDialog
        open
        onOpenChange={close}
        title={`Reset the password of ${person.name}?`}
        description="You get a link with which they choose a new password. The old one works until the link is used."
        action="Make reset link"
        look="primary"
        busy={busy}
        error={error}
        onConfirm={() => void make()}
      />
    );
  }
  return (
    <Dialog
      open
      onOpenChange={close}
      title={`New password for ${person.name}`}
      footer={
        <Button look="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      <LinkShown made={made} />
    </Dialog>
  );
}
