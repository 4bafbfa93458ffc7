"use client";
import { useState } from "react";
import { messageOf, sendJson } from "@/components/live/api";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Field, Input } from "@/components/ui/input";
import type { BulkStartBody, BulkVerb } from "@/lib/contracts/bulk";
import { plural } from "@/lib/view/format";
import { bulkWords } from "./words";

export interface BulkDialogProps {
  verb: BulkVerb;
  /** Runs that it will be done to, and those that will be left alone. */
  count: number;
  skipped: number;
  selection: Pick<BulkStartBody, "filter" | "runIds">;
  name?: string;
  onClose: () => void;
  onStarted: (id: string) => void;
}

/** Says what will happen to how many runs, asks for a name, and starts it on the server. */
export function BulkDialog({ verb, count, skipped, selection, name: proposed = "", onClose, onStarted }: BulkDialogProps) {
  const [name, setName] = useState(proposed);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const words = bulkWords[verb];

  async function start(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      const body: BulkStartBody = { action: verb, ...selection, ...(name.trim() !== "" && { name: name.trim() }) };
      const { id } = await sendJson<{ id: string }>("/api/dashboard/bulk", { json: body });
      onStarted(id);
    } catch (failure) {
      setError(messageOf(failure));
      setBusy(false);
    }
  }

  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && !busy && onClose()}
      title={`${words.action} ${plural(count, "run")}?`}
      description={
        <>
          {words.means} It goes on when this page is closed.
          {skipped > 0 ? ` ${plural(skipped, "run")} ${skipped === 1 ? "is" : "are"} ${words.not} and will be left alone.` : ""}
        </>
      }
      action={`${words.action} ${plural(count, "run")}`}
      look={verb === "cancel" ? "danger" : "primary"}
      busy={busy}
      error={error}
      onConfirm={() => void start()}
    >
      <Field label="Name" help="Optional: what it was for, for those who find it later." className="py-2">
        {(control) => <Input {...control} value={name} maxLength={255} onChange={(event) => setName(event.target.value)} />}
      </Field>
    </ConfirmDialog>
  );
}
