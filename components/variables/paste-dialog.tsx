"use client";
import { useState } from "react";
import type { VariablesRead } from "@/lib/contracts/variables";
import { plural } from "@/lib/view/format";
import { readableText } from "@/lib/view/readable-text";
import { useMe } from "../frame/me";
import { Button } from "../ui/button";
import { CheckField } from "../ui/check-field";
import { Dialog } from "../ui/dialog";
import { Field, Textarea } from "../ui/input";
import { Badge } from "../ui/tag";
import { importVariables, readText } from "./actions";

type Read = VariablesRead["variables"][number];
const told = { none: "new", same: "as it is", other: "stored already" } as const;

/** First the text, then what it would do. */
export function PasteDialog({ onClose, onChanged }: { onClose: () => void; onChanged: () => void }) {
  const [text, setText] = useState("");
  const [read, setRead] = useState<readonly Read[]>();
  const [override, setOverride] = useState(false);
  const [isSecret, setSecret] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const me = useMe();
  const stored =
    read?.filter(({ problem, stored: state }) => problem === undefined && (state === "none" || (state === "other" && override))) ?? [];

  async function look() {
    setBusy(true);
    const answer = await readText(text);
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    if (answer.value.variables.length === 0) return setError("No line has the form NAME=value");
    setError(undefined);
    setRead(answer.value.variables);
  }

  async function save() {
    setBusy(true);
    const answer = await importVariables(me, {
      variables: Object.fromEntries(stored.map(({ name, value }) => [name, value])),
      override,
      isSecret,
    });
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    onChanged();
    onClose();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Paste a .env file"
      description={read === undefined ? "One NAME=value per line; quotes, comments and export are understood." : "Nothing is stored yet."}
      footer={
        read === undefined ? (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" busy={busy} disabled={text.trim() === ""} onClick={() => void look()}>
              Look at it
            </Button>
          </>
        ) : (
          <>
            <Button onClick={() => setRead(undefined)}>Back to the text</Button>
            <Button look="primary" busy={busy} disabled={stored.length === 0} onClick={() => void save()}>
              Save {plural(stored.length, "variable")}
            </Button>
          </>
        )
      }
    >
      {read === undefined ? (
        <Field label="Text" error={error} className="pb-2">
          {(control) => (
            <Textarea
              {...control}
              value={text}
              rows={10}
              className="font-mono"
              autoComplete="off"
              spellCheck={false}
              placeholder={"PAYMENTS_KEY=sk_test_1\nREGION=eu"}
              onChange={(event) => {
                setText(event.target.value);
                setError(undefined);
              }}
            />
          )}
        </Field>
      ) : (
        <div className="flex flex-col gap-3 pb-2">
          <ul aria-label="Variables in the text" className="rounded border border-line">
            {read.map((variable) => (
              <li
                key={variable.name}
                className="flex flex-wrap items-center justify-between gap-x-3 border-b border-line px-2.5 py-1.5 last:border-0"
              >
                <span className="min-w-0 truncate font-mono">{readableText(variable.name)}</span>
                {variable.problem === undefined ? (
                  <Badge tone={variable.stored === "none" ? "good" : variable.stored === "other" && override ? "needs" : "idle"}>
                    {variable.stored === "other" && override ? "gets this value" : told[variable.stored]}
                  </Badge>
                ) : (
                  <span className="w-full text-sm text-bad">{variable.problem} It is left out.</span>
                )}
              </li>
            ))}
          </ul>
          <CheckField label="Give those that are stored already the values of the text" checked={override} onCheckedChange={setOverride} />
          <CheckField
            label="All of them are secret"
            help="Their values are shown to nobody again."
            checked={isSecret}
            onCheckedChange={setSecret}
          />
          {error === undefined ? null : (
            <p role="alert" className="text-bad">
              {error}
            </p>
          )}
        </div>
      )}
    </Dialog>
  );
}
