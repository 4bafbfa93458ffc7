"use client";
import { useState } from "react";
import type { PersonRow } from "@/lib/contracts/people";
import { send } from "../auth/request";
import { ConfirmDialog } from "../ui/confirm-dialog";

export function RemoveDialog({ person, onClose, onRemoved }: { person: PersonRow; onClose: () => void; onRemoved: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function remove() {
    setBusy(true);
    const answer = await send(`/api/dashboard/people/${encodeURIComponent(person.id)}/remove`);
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    onRemoved();
    onClose();
  }

  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Remove ${person.name}?`}
      description={`${person.email} is signed out everywhere and cannot sign in any more. What they did stays on record under their address.`}
      action="Remove person"
      busy={busy}
      error={error}
      onConfirm={() => void remove()}
    />
  );
}
