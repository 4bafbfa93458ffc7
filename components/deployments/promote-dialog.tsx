"use client";
import { useState } from "react";
import { plural } from "@/lib/view/format";
import { send } from "../auth/request";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { toast } from "../ui/toast";

interface PromoteDialogProps {
  version: string;
  current: string | null;
  isOlder: boolean;
  /** Runs that have started on the current version and not ended. */
  currentRuns: number;
  onClose: () => void;
  onPromoted: () => void;
}

export function PromoteDialog({ version, current, isOlder, currentRuns, onClose, onPromoted }: PromoteDialogProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function promote() {
    setBusy(true);
    const answer = await send(`/api/v1/deployments/${encodeURIComponent(version)}/promote`);
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    toast.success(`${version} is current`, { description: "Runs that start from now on run on it." });
    onPromoted();
    onClose();
  }

  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={isOlder ? `Roll back to ${version}?` : `Promote ${version}?`}
      description={`Runs that start from now on run on ${version}, waiting ones in queues too. ${currentRuns === 0 ? `No run is on ${current ?? "another version"} now.` : `${plural(currentRuns, "run")} on ${current ?? "another version"} will finish there.`} Deploying other code makes that current again.`}
      action={isOlder ? "Roll back" : "Promote version"}
      look="primary"
      busy={busy}
      error={error}
      onConfirm={() => void promote()}
    />
  );
}
