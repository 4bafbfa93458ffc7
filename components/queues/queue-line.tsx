"use client";
import { Gauge, MoreHorizontal, Pause, Play, Rows3 } from "lucide-react";
import { useState } from "react";
import type { QueueRow } from "@/lib/contracts/realtime";
import { formatCount, plural } from "@/lib/view/format";
import { useGo } from "../frame/leaving";
import { cn } from "../ui/cn";
import { IconButton } from "../ui/button";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { Link } from "../ui/link";
import { Menu, MenuItem } from "../ui/menu";
import { Td, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { useTint } from "../live/hooks";
import { Waiting } from "./waiting";
import { setPaused } from "./actions";
import { LimitDialog } from "./limit-dialog";
import { UsageBar } from "./usage-bar";
import { OthersText } from "../ui/others-text";
import { readableText } from "@/lib/view/readable-text";

export function QueueLine({ queue, refused }: { queue: QueueRow; refused: string | undefined }) {
  const [open, setOpen] = useState<"pause" | "limit" | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const go = useGo();
  const tinted = useTint(queue.queued);

  async function toggle(action: "pause" | "resume") {
    setBusy(true);
    const answer = await setPaused(queue, action);
    setBusy(false);
    setError(answer.ok ? undefined : answer.problem.error);
    if (answer.ok) setOpen(null);
  }

  return (
    <Tr>
      <Td className="max-w-72 max-sm:max-w-44">
        <span className="flex min-w-0 items-center gap-2">
          <Link href={`/runs?queue=${encodeURIComponent(queue.name)}`} prefetch={false} className="truncate font-mono hover:underline">
            <OthersText text={queue.name} whole="on hover" />
          </Link>
          {queue.paused ? (
            <Badge tone="needs">
              <Pause aria-hidden className="size-3" /> <span className="max-sm:sr-only">Paused</span>
            </Badge>
          ) : null}
        </span>
      </Td>
      <Td>
        <UsageBar running={queue.running} limit={queue.concurrencyLimit} paused={queue.paused} />
      </Td>
      <Td className={cn("text-right font-mono", tinted && "tint", queue.queued === 0 && "text-faint")}>{formatCount(queue.queued)}</Td>
      <Td className="font-mono max-sm:hidden">{queue.oldestQueuedAt === undefined || queue.queued === 0 ? <span className="text-faint">–</span> : <Waiting since={queue.oldestQueuedAt} />}</Td>
      <Td>
        <Menu
          align="end"
          trigger={
            <IconButton label={`Actions for queue ${readableText(queue.name)}`} size="icon-sm">
              <MoreHorizontal className="size-4" />
            </IconButton>
          }
        >
          <MenuItem onSelect={() => go(`/runs?queue=${encodeURIComponent(queue.name)}`)}>
            <Rows3 className="size-3.5" /> Show its runs
          </MenuItem>
          {queue.paused ? (
            <MenuItem disabled={refused !== undefined} title={refused} onSelect={() => void toggle("resume")}>
              <Play className="size-3.5" /> Resume queue
            </MenuItem>
          ) : (
            <MenuItem disabled={refused !== undefined} title={refused} onSelect={() => setOpen("pause")}>
              <Pause className="size-3.5" /> Pause queue…
            </MenuItem>
          )}
          <MenuItem disabled={refused !== undefined} title={refused} onSelect={() => setOpen("limit")}>
            <Gauge className="size-3.5" /> Change limit…
          </MenuItem>
        </Menu>
        <ConfirmDialog
          open={open === "pause"}
          onOpenChange={(next) => setOpen(next ? "pause" : null)}
          title={`Pause queue ${readableText(queue.name)}?`}
          description={`No run of it starts until it is resumed; a deploy does not resume it. ${queue.running === 0 ? "Nothing is running in it now." : `${plural(queue.running, "running run")} will finish.`} ${queue.queued === 0 ? "" : `${plural(queue.queued, "run")} will wait.`}`}
          action="Pause queue"
          look="primary"
          busy={busy}
          error={error}
          onConfirm={() => void toggle("pause")}
        />
        {open === "limit" ? <LimitDialog queue={queue} onClose={() => setOpen(null)} /> : null}
      </Td>
    </Tr>
  );
}
