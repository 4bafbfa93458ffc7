"use client";
import { useState } from "react";
import type { z } from "zod";
import type { PersonalTokenCreated } from "@/lib/contracts/dashboard";
import { send } from "../auth/request";
import { lifetimes, type Lifetime } from "../keys/presets";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, Input } from "../ui/input";
import { SecretOnce } from "../ui/secret";
import { Segmented } from "../ui/segmented";

type Created = z.infer<typeof PersonalTokenCreated>;

export function CreateTokenDialog({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const [name, setName] = useState("");
  const [lifetime, setLifetime] = useState<Lifetime>("90");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [created, setCreated] = useState<Created>();

  async function create() {
    if (name.trim() === "") return setError("Name where it will be used, such as “laptop”");
    setBusy(true);
    const answer = await send<Created>("/api/dashboard/personal-tokens", { name: name.trim(), ...(lifetime !== "" && { expiresInDays: Number(lifetime) }) });
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    setCreated(answer.value);
    onCreated();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={created === undefined ? "Create a personal access token" : `Token “${created.row.name}”`}
      description={created === undefined ? "Whoever has it reads the project's runs and sets its variables as you, with your role." : undefined}
      footer={
        created === undefined ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" busy={busy} onClick={() => void create()}>
              Create token
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
        <div className="flex flex-col gap-3 pb-2">
          <Field label="Name" error={error}>
            {(control) => (
              <Input
                {...control}
                value={name}
                maxLength={64}
                onChange={(event) => {
                  setName(event.target.value);
                  setError(undefined);
                }}
                onKeyDown={(event) => (event.key === "Enter" ? void create() : undefined)}
              />
            )}
          </Field>
          <div>
            <p className="mb-1 font-medium">Ends after</p>
            <Segmented label="Time after which the token ends" value={lifetime} onChange={setLifetime} options={lifetimes} />
          </div>
        </div>
      ) : (
        <div className="pb-2">
          <SecretOnce value={created.token} what="token" />
        </div>
      )}
    </Dialog>
  );
}
