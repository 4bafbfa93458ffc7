"use client";
import { useState } from "react";
import type { ApiKeyRow } from "@/lib/contracts/dashboard";
import { send } from "../auth/request";
import { Ago } from "../live/time";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, Input } from "../ui/input";

export function RevokeKeyDialog({ row, onClose, onRevoked }: { row: ApiKeyRow; onClose: () => void; onRevoked: () => void }) {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const matches = typed.trim() === row.name;

  async function revoke() {
    if (!matches) return setError(`Type ${row.name} to confirm`);
    setBusy(true);
    const answer = await send(`/api/dashboard/keys/${encodeURIComponent(row.id)}/revoke`);
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    onRevoked();
    onClose();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      size="sm"
      title={`Revoke key “${row.name}”?`}
      description="Requests with it, and public tokens that were signed with it, are refused from now on. This cannot be undone."
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={busy} disabled={!matches} onClick={() => void revoke()}>
            Revoke key
          </Button>
        </>
      }
    >
      <p className="mb-3 text-muted">
        {row.lastUsedAt ? (
          <>
            It was last used <Ago at={row.lastUsedAt} />.
          </>
        ) : (
          "It was never used."
        )}
      </p>
      <Field label={`Type ${row.name} to confirm`} error={error} className="pb-2">
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              setError(undefined);
            }}
            onKeyDown={(event) => (event.key === "Enter" ? void revoke() : undefined)}
          />
        )}
      </Field>
    </Dialog>
  );
}
