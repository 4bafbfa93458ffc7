"use client";
import { useState } from "react";
import type { VariableRow } from "@/lib/contracts/variables";
import { nameProblem, valueProblem } from "@/lib/variables/problem";
import { useMe } from "../frame/me";
import { Button } from "../ui/button";
import { CheckField } from "../ui/check-field";
import { Dialog } from "../ui/dialog";
import { Field, Input, Textarea } from "../ui/input";
import { addVariable, changeVariable } from "./actions";

interface VariableDialogProps {
  /** Absent: a new one. */
  variable?: VariableRow;
  /** Names that are taken. */
  known: readonly VariableRow[];
  onClose: () => void;
  onChanged: () => void;
}

export function VariableDialog({ variable, known, onClose, onChanged }: VariableDialogProps) {
  const [name, setName] = useState(variable?.name ?? "");
  const [value, setValue] = useState(variable?.value ?? "");
  const [isSecret, setSecret] = useState(variable?.isSecret ?? false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<{ of: "name" | "value"; text: string }>();
  const me = useMe();
  const isKept = variable?.isSecret === true && value === "";

  function findProblem(): typeof problem {
    const ofName =
      variable === undefined
        ? known.some((other) => other.name === name)
          ? `${name} is there already; edit it in the list.`
          : nameProblem(name)
        : null;
    if (ofName !== null) return { of: "name", text: ofName };
    const ofValue = isKept ? "Write the new value; nobody can see the one that is stored." : valueProblem(value);
    return ofValue === null ? undefined : { of: "value", text: ofValue };
  }

  async function save() {
    const found = findProblem();
    setProblem(found);
    if (found !== undefined) return;
    setBusy(true);
    const answer =
      variable === undefined
        ? await addVariable(me, { name, value, isSecret })
        : await changeVariable(me, name, { value, ...(isSecret && { isSecret }) });
    setBusy(false);
    if (!answer.ok) return setProblem({ of: "value", text: answer.problem.error });
    onChanged();
    onClose();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={variable === undefined ? "Add a variable" : `Change ${variable.name}`}
      description="Runs that start from now on get it; a run that has started keeps what it has."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} onClick={() => void save()}>
            {variable === undefined ? "Add variable" : "Save value"}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 pb-2">
        {variable === undefined ? (
          <Field label="Name" error={problem?.of === "name" ? problem.text : undefined}>
            {(control) => (
              <Input
                {...control}
                value={name}
                className="font-mono"
                autoComplete="off"
                autoCapitalize="off"
                spellCheck={false}
                placeholder="PAYMENTS_KEY"
                onChange={(event) => {
                  setName(event.target.value.trim());
                  setProblem(undefined);
                }}
                onKeyDown={(event) => (event.key === "Enter" ? void save() : undefined)}
              />
            )}
          </Field>
        ) : null}
        <Field label="Value" error={problem?.of === "value" ? problem.text : undefined} help="Everything you write, line breaks included">
          {(control) => (
            <Textarea
              {...control}
              value={value}
              className="font-mono"
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => {
                setValue(event.target.value);
                setProblem(undefined);
              }}
            />
          )}
        </Field>
        <CheckField
          label="Secret"
          help="Its value is shown to nobody again, and it stays secret. Tasks read it as any other."
          checked={isSecret}
          disabled={variable?.isSecret === true}
          onCheckedChange={setSecret}
        />
      </div>
    </Dialog>
  );
}
