"use client";
import { cancelHeld } from "@/components/runs/cancel-held";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import type { RunDetail } from "@/lib/contracts/run";

export function CancelDialog({ run, onClose }: { run: RunDetail; onClose: () => void }) {
  function cancel(): void {
    onClose();
    void cancelHeld(run);
  }
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title="Cancel this run?"
      description={`${run.task} stops, and so do its child runs. You have five seconds to undo it; after that you can replay the run.`}
      action="Cancel run"
      onConfirm={cancel}
    />
  );
}
