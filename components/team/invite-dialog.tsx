"use client";
import { useState, type FormEvent } from "react";
import type { Role } from "@/lib/contracts/dashboard";
import type { LinkMade } from "@/lib/contracts/people";
import { send } from "../auth/request";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, Input, NativeSelect } from "../ui/input";
import { LinkShown } from "./link-shown";
import { roleWords } from "./roles";

export function InviteDialog({ onClose, onInvited }: { onClose: () => void; onInvited: () => void }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [made, setMade] = useState<LinkMade>();

  async function invite(event?: FormEvent) {
    event?.preventDefault();
    if (!/^[^\s@]+@[^\s@]+$/.test(email.trim())) return setError("Enter an e-mail address");
    setBusy(true);
    const answer = await send<LinkMade>("/api/dashboard/people/invite", { email: email.trim(), role });
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.issues[0]?.message ?? answer.problem.error);
    setMade(answer.value);
    onInvited();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={made === undefined ? "Invite a person" : `Invitation of ${made.email}`}
      description={made === undefined ? "You get a link that works once. With it they choose a name and a password." : undefined}
      footer={
        made === undefined ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" busy={busy} onClick={() => void invite()}>
              Make invitation
            </Button>
          </>
        ) : (
          <Button look="primary" onClick={onClose}>
            I have copied it
          </Button>
        )
      }
    >
      {made === undefined ? (
        <form noValidate onSubmit={(event) => void invite(event)} className="flex flex-col gap-4 pb-2">
          <Field label="E-mail" error={error}>
            {(control) => (
              <Input
                {...control}
                type="email"
                autoComplete="off"
                value={email}
                onChange={(event) => {
                  setEmail(event.target.value);
                  setError(undefined);
                }}
              />
            )}
          </Field>
          <Field label="Role" help={roleWords.find((word) => word.role === role)?.may}>
            {(control) => (
              <NativeSelect
                {...control}
                value={role}
                onChange={(event) => setRole(roleWords.find((word) => word.role === event.target.value)?.role ?? role)}
              >
                {roleWords.map((word) => (
                  <option key={word.role} value={word.role}>
                    {word.role}
                  </option>
                ))}
              </NativeSelect>
            )}
          </Field>
        </form>
      ) : (
        <LinkShown made={made} />
      )}
    </Dialog>
  );
}
