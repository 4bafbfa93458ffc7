"use client";
import { useState } from "react";
import type { EnvironmentRow } from "@/lib/contracts/environment";
import { send } from "../auth/request";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, Input } from "../ui/input";

export function RenameDialog({ row, onClose, onRenamed }: { row: EnvironmentRow; onClose: () => void; onRenamed: () => void }) {
  const [name, setName] = useState(row.name);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function rename() {
    if (name.trim() === "") return setError("Give it a name, such as Staging");
    setBusy(true);
    const answer = await send(`/api/v1/environments/${row.slug}`, { name: name.trim() }, "PUT");
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    onRenamed();
    return onClose();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Rename environment"
      description={`Its slug stays ${row.slug}: addresses and settings name it so.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} onClick={() => void rename()}>
            Rename
          </Button>
        </>
      }
    >
      <Field label="Name" error={error} className="pb-2">
        {(control) => (
          <Input
            {...control}
            value={name}
            maxLength={64}
            onChange={(event) => {
              setName(event.target.value);
              setError(undefined);
            }}
            onKeyDown={(event) => (event.key === "Enter" ? void rename() : undefined)}
          />
        )}
      </Field>
    </Dialog>
  );
}
