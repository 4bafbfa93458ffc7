"use client";
import { useState } from "react";
import { messageOf } from "@/components/live/api";
import { cancelRun } from "@/components/runs/run-actions";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import type { RunDetail } from "@/lib/contracts/run";

export function CancelDialog({ run, onClose }: { run: RunDetail; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function cancel(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await cancelRun(run.id);
      onClose();
    } catch (failure) {
      setError(messageOf(failure));
      setBusy(false);
    }
  }

  return <ConfirmDialog open onOpenChange={onClose} title="Cancel this run?" description={`${run.task} stops now, and so do its child runs. This cannot be undone; you can replay it.`} action="Cancel run" busy={busy} error={error} onConfirm={() => void cancel()} />;
}
