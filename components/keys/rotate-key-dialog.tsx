"use client";
import { useState } from "react";
import type { ApiKeyRow } from "@/lib/contracts/dashboard";
import { send } from "../auth/request";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Segmented } from "../ui/segmented";
import { KeyShown, type Created } from "./create-key-dialog";

const graces = [
  { value: "0", label: "End now" },
  { value: "1", label: "1 h" },
  { value: "24", label: "24 h" },
  { value: "168", label: "7 d" },
] as const;
type Grace = (typeof graces)[number]["value"];

export function RotateKeyDialog({ row, onClose, onRotated }: { row: ApiKeyRow; onClose: () => void; onRotated: () => void }) {
  const [grace, setGrace] = useState<Grace>("24");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [created, setCreated] = useState<Created>();

  async function rotate() {
    setBusy(true);
    const answer = await send<Created>(`/api/dashboard/keys/${encodeURIComponent(row.id)}/rotate`, { graceHours: Number(grace) });
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    setCreated(answer.value);
    onRotated();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={created === undefined ? `Rotate key “${row.name}”` : `New key “${created.row.name}”`}
      description={created === undefined ? "A new key is made. The old one, and what was signed with it, goes on working for a while, so that you can change your applications without a gap." : undefined}
      footer={
        created === undefined ? (
          <>
            <Button onClick={onClose}>Keep as it is</Button>
            <Button look="primary" busy={busy} onClick={() => void rotate()}>
              Rotate key
            </Button>
          </>
        ) : (
          <Button look="primary" onClick={onClose}>
            I have copied it
          </Button>
        )
      }
    >
      {created === undefined ? (
        <div className="pb-2">
          <p className="mb-1 font-medium">The old key works on for</p>
          <Segmented label="Time for which the old key works on" value={grace} onChange={setGrace} options={graces} />
          {error ? (
            <p role="alert" className="mt-2 text-bad">
              {error}
            </p>
          ) : null}
        </div>
      ) : (
        <KeyShown created={created} />
      )}
    </Dialog>
  );
}
