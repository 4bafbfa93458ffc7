"use client";
import { useState } from "react";
import { messageOf, sendJson } from "@/components/live/api";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, NativeSelect } from "@/components/ui/input";
import type { ErrorIgnoreBody } from "@/lib/contracts/error-group";

const hourMs = 3_600_000;
const choices: readonly { text: string; until: ErrorIgnoreBody }[] = [
  { text: "Until I open it again", until: {} },
  { text: "For an hour", until: { duration: hourMs } },
  { text: "For a day", until: { duration: 24 * hourMs } },
  { text: "For a week", until: { duration: 168 * hourMs } },
  { text: "Until it is seen 10 more times", until: { totalOccurrences: 10 } },
  { text: "Until it is seen 100 more times", until: { totalOccurrences: 100 } },
  { text: "Until it is seen more than 10 times in a minute", until: { occurrenceRate: 10 } },
];

export function IgnoreDialog({ id, onClose, onDone }: { id: string; onClose: () => void; onDone: () => void }) {
  const [choice, setChoice] = useState(0);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function ignore(): Promise<void> {
    setBusy(true);
    try {
      await sendJson(`/api/v1/errors/${encodeURIComponent(id)}/ignore`, {
        json: { ...choices[choice]?.until, ...(reason.trim() !== "" && { reason: reason.trim() }) },
      });
      onDone();
    } catch (failure) {
      setError(messageOf(failure));
      setBusy(false);
    }
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Ignore this error?"
      description="It is counted on, and leaves the list of open errors until something brings it back."
      size="sm"
      footer={
        <>
          <Button onClick={onClose}>Keep it open</Button>
          <Button look="primary" busy={busy} onClick={() => void ignore()}>
            Ignore
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        <Field label="How long">
          {(control) => (
            <NativeSelect {...control} value={choice} onChange={(event) => setChoice(Number(event.target.value))}>
              {choices.map(({ text }, index) => (
                <option key={text} value={index}>
                  {text}
                </option>
              ))}
            </NativeSelect>
          )}
        </Field>
        <Field label="Reason" help="Optional." error={error}>
          {(control) => <Input {...control} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />}
        </Field>
      </div>
    </Dialog>
  );
}
