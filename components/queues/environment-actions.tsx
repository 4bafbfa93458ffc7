"use client";
import { Gauge, Pause } from "lucide-react";
import { useState } from "react";
import type { EnvironmentState } from "@/lib/contracts/realtime";
import { plural } from "@/lib/view/format";
import { ActionButton } from "../auth/permission";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { setEnvironmentPaused } from "./actions";
import { EnvironmentLimitDialog } from "./limit-dialog";

/** What can be done about all queues together. */
export function EnvironmentActions({
  environment,
  running,
  refused,
}: {
  environment: EnvironmentState;
  running: number;
  refused: string | undefined;
}) {
  const [open, setOpen] = useState<"pause" | "limit" | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function pause() {
    setBusy(true);
    const answer = await setEnvironmentPaused("pause");
    setBusy(false);
    setError(answer.ok ? undefined : answer.problem.error);
    if (answer.ok) setOpen(null);
  }

  return (
    <div className="col-span-2 flex flex-wrap items-center gap-2 sm:ml-auto">
      <ActionButton size="sm" refused={refused} onClick={() => setOpen("limit")}>
        <Gauge aria-hidden className="size-3.5" /> Change limit
      </ActionButton>
      {environment.paused ? null : (
        <ActionButton size="sm" refused={refused} onClick={() => setOpen("pause")}>
          <Pause aria-hidden className="size-3.5" /> Pause environment
        </ActionButton>
      )}
      <ConfirmDialog
        open={open === "pause"}
        onOpenChange={(next) => setOpen(next ? "pause" : null)}
        title="Pause the environment?"
        description={`No run of any queue starts until it is resumed; a deploy does not resume it. ${running === 0 ? "Nothing is running now." : `${plural(running, "running run")} will finish.`} Triggers are still accepted.`}
        action="Pause environment"
        look="primary"
        busy={busy}
        error={error}
        onConfirm={() => void pause()}
      />
      {open === "limit" ? <EnvironmentLimitDialog limit={environment.limit} onClose={() => setOpen(null)} /> : null}
    </div>
  );
}
