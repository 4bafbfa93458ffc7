"use client";
import { useState } from "react";
import type { EnvironmentRow } from "@/lib/contracts/environment";
import { readableText } from "@/lib/view/readable-text";
import { send } from "../auth/request";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { toast } from "../ui/toast";

export function ArchiveDialog({ row, onClose, onArchived }: { row: EnvironmentRow; onClose: () => void; onArchived: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function archive() {
    setBusy(true);
    const answer = await send(`/api/v1/environments/${row.slug}/archive`);
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    toast.success(`${readableText(row.name)} is archived`);
    onArchived();
    return onClose();
  }

  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Archive ${readableText(row.name)}?`}
      description={`Its keys are refused, its schedules stop, and what runs in it is handed back${row.type === "PREVIEW" && row.branch === undefined ? "; its branches go with it" : ""}. Nothing is deleted: restored, it goes on where it stopped.`}
      action="Archive environment"
      busy={busy}
      error={error}
      onConfirm={() => void archive()}
    />
  );
}
