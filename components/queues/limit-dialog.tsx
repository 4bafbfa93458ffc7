"use client";
import { useState } from "react";
import type { QueueRow } from "@/lib/contracts/realtime";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, Input } from "../ui/input";
import { readableText } from "@/lib/view/readable-text";
import { setLimit } from "./actions";

export function LimitDialog({ queue, onClose }: { queue: QueueRow; onClose: () => void }) {
  const [text, setText] = useState(queue.concurrencyLimit === null ? "" : String(queue.concurrencyLimit));
  const [busy, setBusy] = useState<"set" | "reset" | null>(null);
  const [error, setError] = useState<string>();

  async function apply(limit: number | null) {
    setBusy(limit === null ? "reset" : "set");
    const answer = await setLimit(queue, limit);
    setBusy(null);
    if (answer.ok) onClose();
    else setError(answer.problem.error);
  }

  function submit() {
    const limit = Number(text);
    if (!/^\d+$/.test(text.trim()) || limit > 100_000) setError("Write a whole number from 0 to 100,000");
    else void apply(limit);
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      size="sm"
      title={`Limit of queue ${readableText(queue.name)}`}
      description="How many of its runs may run at once. It replaces the limit in the code until it is reset, deploys included."
      footer={
        <>
          <Button look="ghost" className="mr-auto" busy={busy === "reset"} onClick={() => void apply(null)}>
            Reset to the code's
          </Button>
          <Button onClick={onClose}>Keep as it is</Button>
          <Button look="primary" busy={busy === "set"} onClick={submit}>
            Set limit
          </Button>
        </>
      }
    >
      <Field label="Runs at once" error={error} help={Number(text) === 0 && text !== "" ? "0 lets nothing start" : undefined} className="pb-2">
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            className="w-32 font-mono"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setError(undefined);
            }}
            onKeyDown={(event) => (event.key === "Enter" ? submit() : undefined)}
          />
        )}
      </Field>
    </Dialog>
  );
}
