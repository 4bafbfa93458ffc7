"use client";
import { useState } from "react";
import type { QueueRow } from "@/lib/contracts/realtime";
import type { Answer } from "../auth/request";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, Input } from "../ui/input";
import { readableText } from "@/lib/view/readable-text";
import { setEnvironmentLimit, setLimit } from "./actions";

export const LimitDialog = ({ queue, onClose }: { queue: QueueRow; onClose: () => void }) => (
  <LimitForm
    title={`Limit of queue ${readableText(queue.name)}`}
    description="How many of its runs may run at once. It replaces the limit in the code until it is reset, deploys included."
    limit={queue.concurrencyLimit}
    set={(limit) => setLimit(queue, limit)}
    reset={() => setLimit(queue, null)}
    onClose={onClose}
  />
);

export const EnvironmentLimitDialog = ({ limit, onClose }: { limit: number; onClose: () => void }) => (
  <LimitForm
    title="Limit of the environment"
    description="How many runs of all queues together may run at once. Running ones beyond a lower limit finish."
    limit={limit}
    set={setEnvironmentLimit}
    onClose={onClose}
  />
);

interface LimitFormProps {
  title: string;
  description: string;
  limit: number | null;
  set: (limit: number) => Promise<Answer<unknown>>;
  reset?: () => Promise<Answer<unknown>>;
  onClose: () => void;
}

function LimitForm({ title, description, limit: before, set, reset, onClose }: LimitFormProps) {
  const [text, setText] = useState(before === null ? "" : String(before));
  const [busy, setBusy] = useState<"set" | "reset" | null>(null);
  const [error, setError] = useState<string>();

  async function apply(kind: "set" | "reset", work: () => Promise<Answer<unknown>>) {
    setBusy(kind);
    const answer = await work();
    setBusy(null);
    if (answer.ok) onClose();
    else setError(answer.problem.error);
  }

  function submit() {
    const limit = Number(text);
    if (!/^\d+$/.test(text.trim()) || limit > 100_000) setError("Write a whole number from 0 to 100,000");
    else void apply("set", () => set(limit));
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      size="sm"
      title={title}
      description={description}
      footer={
        <>
          {reset === undefined ? null : (
            <Button look="ghost" className="mr-auto" busy={busy === "reset"} onClick={() => void apply("reset", reset)}>
              Reset to the code's
            </Button>
          )}
          <Button onClick={onClose}>Keep as it is</Button>
          <Button look="primary" busy={busy === "set"} onClick={submit}>
            Set limit
          </Button>
        </>
      }
    >
      <Field
        label="Runs at once"
        error={error}
        help={Number(text) === 0 && text !== "" ? "0 lets nothing start" : undefined}
        className="pb-2"
      >
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
