"use client";
import { Ban, Ellipsis, Play, RotateCcw } from "lucide-react";
import { useState } from "react";
import { toast } from "@/components/ui/toast";
import { useMayAct } from "@/components/frame/me";
import { useShortcut } from "@/components/frame/shortcuts";
import { messageOf } from "@/components/live/api";
import { useClock } from "@/components/live/live-provider";
import { canCancel, startNow } from "@/components/runs/run-actions";
import { Button, IconButton } from "@/components/ui/button";
import { lazilyDialog } from "@/components/ui/dialog";
import { lazily } from "@/components/ui/lazily";
import { Menu } from "@/components/ui/menu";
import type { RunDetail } from "@/lib/contracts/run";

const CancelDialog = lazilyDialog(async () => (await import("./cancel-dialog")).CancelDialog);
const MoreActions = lazily(async () => (await import("./more-actions")).MoreActions);
const ReplayDialog = lazilyDialog(async () => (await import("./replay-dialog")).ReplayDialog);

export function RunActions({ run }: { run: RunDetail }) {
  const { allowed, reason } = useMayAct();
  const [asking, setAsking] = useState<"cancel" | "replay" | null>(null);
  const cancelable = canCancel(run);
  useShortcut("r", { label: "Replay run", group: "Run", run: () => allowed && setAsking("replay") });
  useShortcut("c", { label: "Cancel run", group: "Run", run: () => allowed && cancelable && setAsking("cancel") });

  return (
    <div className="flex flex-wrap items-center justify-end gap-1">
      {run.status === "DELAYED" ? <StartNow run={run} /> : null}
      {cancelable ? (
        <Button size="sm" disabled={!allowed} title={reason} onClick={() => setAsking("cancel")}>
          <Ban aria-hidden className="size-3.5" />
          Cancel run
        </Button>
      ) : null}
      <Button
        size="sm"
        disabled={!allowed}
        title={reason}
        onPointerEnter={() => void ReplayDialog.preload()}
        onFocus={() => void ReplayDialog.preload()}
        onClick={() => setAsking("replay")}
      >
        <RotateCcw aria-hidden className="size-3.5" />
        Replay run
      </Button>
      <Menu
        align="end"
        preload={MoreActions.preload}
        trigger={
          <IconButton label="More" size="icon-sm">
            <Ellipsis className="size-4" />
          </IconButton>
        }
      >
        <MoreActions run={run} />
      </Menu>
      {asking === "cancel" ? <CancelDialog run={run} onClose={() => setAsking(null)} /> : null}
      {asking === "replay" ? <ReplayDialog run={run} onClose={() => setAsking(null)} /> : null}
    </div>
  );
}

function StartNow({ run }: { run: RunDetail }) {
  const { allowed, reason } = useMayAct();
  const clock = useClock();
  const [busy, setBusy] = useState(false);

  async function start(): Promise<void> {
    setBusy(true);
    try {
      await startNow(run.id, clock.now());
    } catch (error) {
      toast.error("The run was not started", { description: messageOf(error) });
    } finally {
      setBusy(false);
    }
  }

  return (
    <Button size="sm" disabled={!allowed} title={reason} busy={busy} onClick={() => void start()}>
      <Play aria-hidden className="size-3.5" />
      Start now
    </Button>
  );
}
