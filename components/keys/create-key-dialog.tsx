"use client";
import { useState } from "react";
import type { z } from "zod";
import type { ApiKeyCreated } from "@/lib/contracts/dashboard";
import { keyPresets, mayNameTasks, type KeyPreset } from "@/lib/contracts/key-presets";
import { clientEnvironment } from "@/lib/tokens/snippets";
import { send } from "../auth/request";
import { CodeBlock } from "../ui/code-block";
import { Field, Input, NativeSelect } from "../ui/input";
import { SecretOnce } from "../ui/secret";
import { Segmented } from "../ui/segmented";
import { NameField } from "./name-field";
import { lifetimes, presetWords, type Lifetime } from "./presets";
import { SecretDialog } from "./secret-dialog";

export type Created = z.infer<typeof ApiKeyCreated>;

export function CreateKeyDialog({ origin, onClose, onCreated }: { origin: string; onClose: () => void; onCreated: () => void }) {
  const [name, setName] = useState("");
  const [preset, setPreset] = useState<KeyPreset>("full");
  const [tasks, setTasks] = useState("");
  const [lifetime, setLifetime] = useState<Lifetime>("");

  function make() {
    if (name.trim() === "") return "Name what will use it, such as “web backend”";
    const named = mayNameTasks(preset)
      ? tasks
          .split(",")
          .map((task) => task.trim())
          .filter((task) => task !== "")
      : [];
    return send<Created>("/api/dashboard/keys", {
      name: name.trim(),
      preset,
      tasks: named,
      ...(lifetime !== "" && { expiresInDays: Number(lifetime) }),
    });
  }

  return (
    <SecretDialog
      title="Create a secret key"
      description="One key per application lets you revoke one alone. Give it no more than the application needs."
      action="Create key"
      make={make}
      onMade={onCreated}
      onClose={onClose}
      titleOf={({ row }) => `Key “${row.name}”`}
      renderMade={({ key }) => (
        <>
          <SecretOnce value={key} what="key" />
          <CodeBlock label="Copy variables" code={clientEnvironment(origin, key)} />
        </>
      )}
    >
      {(form) => (
        <>
          <NameField value={name} onChange={setName} form={form} />
          <Field label="May do" help={presetWords[preset].about}>
            {(control) => (
              <NativeSelect
                {...control}
                value={preset}
                onChange={(event) => setPreset(keyPresets.find((one) => one === event.target.value) ?? "full")}
              >
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
              {(control) => (
                <Input
                  {...control}
                  value={tasks}
                  spellCheck={false}
                  autoComplete="off"
                  className="font-mono"
                  placeholder="send-email, resize-image"
                  onChange={(event) => setTasks(event.target.value)}
                />
              )}
            </Field>
          ) : null}
          <div>
            <p className="mb-1 font-medium">Ends after</p>
            <Segmented label="Time after which the key ends" value={lifetime} onChange={setLifetime} options={lifetimes} />
          </div>
        </>
      )}
    </SecretDialog>
  );
}
