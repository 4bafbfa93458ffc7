"use client";
import { useState } from "react";
import { useGo } from "@/components/frame/leaving";
import { toast } from "@/components/ui/toast";
import { JsonEditor } from "@/components/json/json-editor";
import { messageOf, RequestError } from "@/components/live/api";
import { useClock } from "@/components/live/live-provider";
import { replayRun } from "@/components/runs/run-actions";
import { TagInput } from "@/components/test/tag-input";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, NativeSelect } from "@/components/ui/input";
import { machinePresets } from "@/lib/contracts/limits";
import type { RunDetail } from "@/lib/contracts/run";
import { describeJson, parseJsonText } from "@/lib/values/json-text";
import { printJsonTree, readPacketTree } from "@/lib/values/json-tree";
import { blankFields, checkFields, type TriggerFields } from "@/lib/forms/trigger-form";
import { replayChanges, type ReplayFields } from "./replay-changes";

const textFields = [
  { name: "queue", label: "Queue", help: "Blank: the same as before" },
  { name: "delay", label: "Delay", help: "10m, or a date" },
  { name: "maxAttempts", label: "Max attempts", help: "Counts the first one" },
  { name: "priority", label: "Priority", help: "Overtakes runs queued up to that many seconds earlier" },
] as const;

/** The payload as text to edit; only a value changes its type. */
function payloadText(run: RunDetail): string {
  if (run.payload === null) return "";
  const tree = readPacketTree(run.payload, run.payloadType);
  return tree === null ? JSON.stringify(run.payload) : printJsonTree(tree);
}

export function ReplayDialog({ run, onClose }: { run: RunDetail; onClose: () => void }) {
  const go = useGo();
  const clock = useClock();
  const [original] = useState(() => payloadText(run));
  const [payload, setPayload] = useState(original);
  const [fields, setFields] = useState<ReplayFields>({ tags: run.tags, queue: "", delay: "", maxAttempts: "", priority: "", machine: "" });
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<RequestError | Error | null>(null);
  const checked: TriggerFields = { ...blankFields, ...fields, tags: [...fields.tags] };
  const errors = checkFields(checked, clock.now());
  const isBroken = describeJson(payload) !== undefined || Object.keys(errors).length > 0;
  const change = (next: Partial<ReplayFields>): void => setFields({ ...fields, ...next });

  async function replay(): Promise<void> {
    if (isBroken || busy) return;
    setBusy(true);
    setFailure(null);
    const parsed = parseJsonText(payload);
    try {
      const { id } = await replayRun(
        run.id,
        replayChanges({ run, fields, payload: payload === original || !parsed.ok ? undefined : { value: parsed.value } }),
      );
      toast.success("Replayed", { description: id });
      onClose();
      go(`/runs/${id}`);
    } catch (error) {
      setFailure(error instanceof Error ? error : new Error(messageOf(error)));
      setBusy(false);
    }
  }

  const issues = failure instanceof RequestError ? failure.issues : [];
  return (
    <Dialog
      open
      onOpenChange={onClose}
      size="lg"
      title="Replay run"
      description={`A new run of ${run.task} on the current version. Change what should be different.`}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button look="primary" busy={busy} disabled={isBroken} onClick={() => void replay()}>
            Replay run
          </Button>
        </>
      }
    >
      <div className="grid gap-4 md:grid-cols-[minmax(0,1fr)_16rem]">
        <JsonEditor
          label="Payload"
          value={payload}
          onChange={setPayload}
          help={
            payload === original
              ? "The payload as it was, dates and other types included"
              : "Edited: what was a date or another type stays one where the text still fits it"
          }
          error={
            failure
              ? issues.length > 0
                ? issues.map((issue) => (issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`)).join("\n")
                : failure.message
              : undefined
          }
          minHeight="300px"
          onSubmit={() => void replay()}
        />
        <div className="flex flex-col gap-3">
          <Field label="Tags" error={errors.tags}>
            {(control) => <TagInput {...control} tags={fields.tags} known={[]} onChange={(tags) => change({ tags })} />}
          </Field>
          {textFields.map(({ name, label, help }) => (
            <Field key={name} label={label} help={help} error={errors[name]}>
              {(control) => (
                <Input
                  {...control}
                  value={fields[name]}
                  placeholder={name === "queue" ? run.queue : ""}
                  spellCheck={false}
                  onChange={(event) => change({ [name]: event.target.value })}
                />
              )}
            </Field>
          ))}
          <Field label="Machine" error={errors.machine}>
            {(control) => (
              <NativeSelect {...control} value={fields.machine} onChange={(event) => change({ machine: event.target.value })}>
                <option value="">As before</option>
                {Object.keys(machinePresets).map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </NativeSelect>
            )}
          </Field>
        </div>
      </div>
    </Dialog>
  );
}
