"use client";
import { useState } from "react";
import { withUndo } from "@/components/frame/undo";
import { messageOf, sendJson } from "@/components/live/api";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Field, Input } from "@/components/ui/input";
import { toast } from "@/components/ui/toast";
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
  /** True while it can be undone. */
  onHeld?: (held: boolean) => void;
  onStarted: (id: string) => void;
}

/** Says what will happen to how many runs, asks for a name, and starts it on the server. */
export function BulkDialog({ verb, count, skipped, selection, name: proposed = "", onClose, onHeld, onStarted }: BulkDialogProps) {
  const [name, setName] = useState(proposed);
  const words = bulkWords[verb];

  async function start(): Promise<void> {
    const page = location.pathname;
    onClose();
    onHeld?.(true);
    const done = await withUndo({ text: `${words.action} ${plural(count, "run")}` });
    onHeld?.(false);
    if (!done) return;
    try {
      const body: BulkStartBody = { action: verb, ...selection, ...(name.trim() !== "" && { name: name.trim() }) };
      const { id } = await sendJson<{ id: string }>("/api/dashboard/bulk", { json: body });
      // Who has gone on to another page is not taken away from it.
      if (location.pathname === page) onStarted(id);
      else
        toast.message(`${words.action} ${plural(count, "run")}: started`, {
          description: "How far it is stands on the page of bulk actions.",
        });
    } catch (failure) {
      toast.error("The bulk action was not started", { description: messageOf(failure) });
    }
  }

  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`${words.action} ${plural(count, "run")}?`}
      description={
        <>
          {words.means} You have five seconds to undo it; then it goes on when this page is closed, too.
          {skipped > 0 ? ` ${plural(skipped, "run")} ${skipped === 1 ? "is" : "are"} ${words.not} and will be left alone.` : ""}
        </>
      }
      action={`${words.action} ${plural(count, "run")}`}
      look={verb === "cancel" ? "danger" : "primary"}
      onConfirm={() => void start()}
    >
      <Field label="Name" help="Optional: what it was for, for those who find it later." className="py-2">
        {(control) => <Input {...control} value={name} maxLength={255} onChange={(event) => setName(event.target.value)} />}
      </Field>
    </ConfirmDialog>
  );
}
