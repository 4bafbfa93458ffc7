"use client";
import { useState } from "react";
import type { PersonalTokenRow } from "@/lib/contracts/dashboard";
import { send } from "../auth/request";
import { ConfirmDialog } from "../ui/confirm-dialog";

export function RevokeTokenDialog({ row, onClose, onRevoked }: { row: PersonalTokenRow; onClose: () => void; onRevoked: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function revoke() {
    setBusy(true);
    const answer = await send(`/api/dashboard/personal-tokens/${encodeURIComponent(row.id)}/revoke`);
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    onRevoked();
    onClose();
  }

  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={`Revoke token “${row.name}”?`}
      description="What uses it is refused from now on. This cannot be undone."
      action="Revoke token"
      busy={busy}
      error={error}
      onConfirm={() => void revoke()}
    />
  );
}
