"use client";
import { useState } from "react";
import type { z } from "zod";
import type { ApiKeyCreated } from "@/lib/contracts/dashboard";
import { keyPresets, mayNameTasks, type KeyPreset } from "@/lib/contracts/key-presets";
import { clientEnvironment } from "@/lib/tokens/snippets";
import { send } from "../auth/request";
import { Button } from "../ui/button";
import { CodeBlock } from "../ui/code-block";
import { Dialog } from "../ui/dialog";
import { Field, Input, NativeSelect } from "../ui/input";
import { SecretOnce } from "../ui/secret";
import { Segmented } from "../ui/segmented";
import { lifetimes, presetWords, type Lifetime } from "./presets";

export type Created = z.infer<typeof ApiKeyCreated>;

export function CreateKeyDialog({ origin, onClose, onCreated }: { origin: string; onClose: () => void; onCreated: () => void }) {
  const [name, setName] = useState("");
  const [preset, setPreset] = useState<KeyPreset>("full");
  const [tasks, setTasks] = useState("");
  const [lifetime, setLifetime] = useState<Lifetime>("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [created, setCreated] = useState<Created>();

  async function create() {
    if (name.trim() === "") return setError("Name what will use it, such as “web backend”");
    setBusy(true);
    const named = mayNameTasks(preset) ? tasks.split(",").map((task) => task.trim()).filter((task) => task !== "") : [];
    const answer = await send<Created>("/api/dashboard/keys", { name: name.trim(), preset, tasks: named, ...(lifetime !== "" && { expiresInDays: Number(lifetime) }) });
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
      description={created === undefined ? "One key per application lets you revoke one alone. Give it no more than the application needs." : undefined}
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
          <Field label="May do" help={presetWords[preset].about}>
            {(control) => (
              <NativeSelect {...control} value={preset} onChange={(event) => setPreset(keyPresets.find((one) => one === event.target.value) ?? "full")}>
                {keyPresets.map((one) => (
                  <option key={one} value={one}>
                    {presetWords[one].title}
                  </option>
                ))}
              </NativeSelect>
            )}
          </Field>
          {mayNameTasks(preset) ? (
            <Field label="Only these tasks" help="Ids joined by commas; empty for all tasks">
              {(control) => <Input {...control} value={tasks} spellCheck={false} autoComplete="off" className="font-mono" placeholder="send-email, resize-image" onChange={(event) => setTasks(event.target.value)} />}
            </Field>
          ) : null}
          <div>
            <p className="mb-1 font-medium">Ends after</p>
            <Segmented label="Time after which the key ends" value={lifetime} onChange={setLifetime} options={lifetimes} />
          </div>
        </div>
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
