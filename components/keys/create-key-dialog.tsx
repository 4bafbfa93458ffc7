"use client";
import { useState } from "react";
import type { z } from "zod";
import type { ApiKeyCreated } from "@/lib/contracts/dashboard";
import { clientEnvironment } from "@/lib/tokens/snippets";
import { send } from "../auth/request";
import { Button } from "../ui/button";
import { CodeBlock } from "../ui/code-block";
import { Dialog } from "../ui/dialog";
import { Field, Input } from "../ui/input";
import { SecretOnce } from "../ui/secret";

export type Created = z.infer<typeof ApiKeyCreated>;

export function CreateKeyDialog({ origin, onClose, onCreated }: { origin: string; onClose: () => void; onCreated: () => void }) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [created, setCreated] = useState<Created>();

  async function create() {
    if (name.trim() === "") return setError("Name what will use it, such as “web backend”");
    setBusy(true);
    const answer = await send<Created>("/api/dashboard/keys", { name: name.trim() });
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    setCreated(answer.value);
    onCreated();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={created === undefined ? "Create a secret key" : `Key “${created.row.name}”`}
      description={created === undefined ? "It can do everything in this environment. One key per application lets you revoke one alone." : undefined}
      footer={
        created === undefined ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" busy={busy} onClick={() => void create()}>
              Create key
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
              onKeyDown={(event) => (event.key === "Enter" ? void create() : undefined)}
            />
          )}
        </Field>
      ) : (
        <KeyShown created={created} origin={origin} />
      )}
    </Dialog>
  );
}

export const KeyShown = ({ created, origin }: { created: Created; origin?: string }) => (
  <div className="flex flex-col gap-3 pb-2">
    <SecretOnce value={created.key} what="key" />
    {origin === undefined ? null : <CodeBlock label="Copy variables" code={clientEnvironment(origin, created.key)} />}
  </div>
);
