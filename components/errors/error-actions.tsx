"use client";
import { BellOff, Check, RotateCcw, Undo2 } from "lucide-react";
import { useState } from "react";
import { ActionButton, refusal } from "@/components/auth/permission";
import { useGo } from "@/components/frame/leaving";
import { useMe } from "@/components/frame/me";
import { getJson, messageOf, sendJson } from "@/components/live/api";
import { lazilyDialog } from "@/components/ui/dialog";
import { toast } from "@/components/ui/toast";
import type { BulkPreview } from "@/lib/contracts/bulk";
import type { ErrorRow } from "@/lib/contracts/error-group";

const BulkDialog = lazilyDialog(async () => (await import("@/components/bulk/bulk-dialog")).BulkDialog);
const IgnoreDialog = lazilyDialog(async () => (await import("./ignore-dialog")).IgnoreDialog);

/** What is decided about an error, and its runs once more. */
export function ErrorActions({ error, onChanged }: { error: ErrorRow; onChanged: () => void }) {
  const go = useGo();
  const refused = refusal(useMe().user.role, "operator");
  const [busy, setBusy] = useState<"resolve" | "unresolve" | "count" | null>(null);
  const [ignoring, setIgnoring] = useState(false);
  const [replaying, setReplaying] = useState<BulkPreview | null>(null);

  async function change(verb: "resolve" | "unresolve"): Promise<void> {
    setBusy(verb);
    try {
      await sendJson(`/api/v1/errors/${encodeURIComponent(error.id)}/${verb}`, { json: {} });
      onChanged();
    } catch (failure) {
      toast.error("The error was not changed", { description: messageOf(failure) });
    }
    setBusy(null);
  }

  async function count(): Promise<void> {
    setBusy("count");
    try {
      setReplaying(await getJson<BulkPreview>(`/api/dashboard/bulk/preview?${new URLSearchParams({ error: error.id })}`));
    } catch (failure) {
      toast.error("Its runs could not be counted", { description: messageOf(failure) });
    }
    setBusy(null);
  }

  const isOpen = error.status === "open" || error.status === "regressed";
  return (
    <div className="flex flex-wrap gap-2">
      <ActionButton refused={refused} busy={busy === "count"} onClick={() => void count()}>
        <RotateCcw aria-hidden className="size-3.5" /> Replay all of these
      </ActionButton>
      {isOpen ? (
        <>
          <ActionButton refused={refused} onClick={() => setIgnoring(true)}>
            <BellOff aria-hidden className="size-3.5" /> Ignore…
          </ActionButton>
          <ActionButton refused={refused} look="primary" busy={busy === "resolve"} onClick={() => void change("resolve")}>
            <Check aria-hidden className="size-3.5" /> Resolve
          </ActionButton>
        </>
      ) : (
        <ActionButton refused={refused} busy={busy === "unresolve"} onClick={() => void change("unresolve")}>
          <Undo2 aria-hidden className="size-3.5" /> Open again
        </ActionButton>
      )}
      {ignoring ? (
        <IgnoreDialog
          id={error.id}
          onClose={() => setIgnoring(false)}
          onDone={() => {
            setIgnoring(false);
            onChanged();
          }}
        />
      ) : null}
      {replaying === null ? null : (
        <BulkDialog
          verb="replay"
          count={replaying.finished}
          skipped={replaying.live}
          selection={{ filter: { error: error.id, to: replaying.to } }}
          name={`Replay of ${error.name ?? "error"} in ${error.task}`.slice(0, 255)}
          onClose={() => setReplaying(null)}
          onStarted={(id) => go(`/bulk/${id}`)}
        />
      )}
    </div>
  );
}
