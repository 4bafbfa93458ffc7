"use client";
import { Ban, Ellipsis, FlaskConical, Link2, Play, RotateCcw } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { toast } from "@/components/ui/toast";
import { useMayAct } from "@/components/frame/me";
import { useShortcut } from "@/components/frame/shortcuts";
import { messageOf } from "@/components/live/api";
import { useClock } from "@/components/live/live-provider";
import { canCancel, cancelRun, startNow } from "@/components/runs/run-actions";
import { Button, IconButton } from "@/components/ui/button";
import { copyText } from "@/components/ui/copy";
import { ConfirmDialog } from "@/components/ui/dialog";
import { Menu, MenuItem } from "@/components/ui/menu";
import type { RunDetail } from "@/lib/contracts/run";

const ReplayDialog = dynamic(() => import("./replay-dialog").then((module) => module.ReplayDialog), { ssr: false });

export function RunActions({ run }: { run: RunDetail }) {
  const router = useRouter();
  const { allowed, reason } = useMayAct();
  const [asking, setAsking] = useState<"cancel" | "replay" | null>(null);
  const cancelable = canCancel(run);
  useShortcut("r", { label: "Replay run", group: "Run", run: () => allowed && setAsking("replay") });
  useShortcut("c", { label: "Cancel run", group: "Run", run: () => allowed && cancelable && setAsking("cancel") });

  return (
    <div className="flex items-center gap-1">
      {run.status === "DELAYED" ? <StartNow run={run} /> : null}
      {cancelable ? (
        <Button size="sm" disabled={!allowed} title={reason} onClick={() => setAsking("cancel")}>
          <Ban aria-hidden className="size-3.5" />
          Cancel run
        </Button>
      ) : null}
      <Button size="sm" disabled={!allowed} title={reason} onClick={() => setAsking("replay")}>
        <RotateCcw aria-hidden className="size-3.5" />
        Replay run
      </Button>
      <Menu
        align="end"
        trigger={
          <IconButton label="More" size="icon-sm">
            <Ellipsis className="size-4" />
          </IconButton>
        }
      >
        <MenuItem onSelect={() => router.push(`/test?task=${encodeURIComponent(run.task)}&run=${encodeURIComponent(run.id)}`)}>
          <FlaskConical aria-hidden className="size-4 text-muted" />
          Open in Test
        </MenuItem>
        <MenuItem onSelect={() => void copyText(location.href).then(() => toast.success("Link copied"))}>
          <Link2 aria-hidden className="size-4 text-muted" />
          Copy link to this view
        </MenuItem>
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

function CancelDialog({ run, onClose }: { run: RunDetail; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function cancel(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await cancelRun(run.id);
      onClose();
    } catch (failure) {
      setError(messageOf(failure));
      setBusy(false);
    }
  }

  return <ConfirmDialog open onOpenChange={onClose} title="Cancel this run?" description={`${run.task} stops now, and so do its child runs. This cannot be undone; you can replay it.`} action="Cancel run" busy={busy} error={error} onConfirm={() => void cancel()} />;
}
