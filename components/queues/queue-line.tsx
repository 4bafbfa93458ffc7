"use client";
import { ChevronRight, Gauge, MoreHorizontal, Pause, Play, Rows3 } from "lucide-react";
import { useState } from "react";
import type { QueueLoad } from "@/lib/contracts/dashboard";
import type { QueueRow } from "@/lib/contracts/realtime";
import { drainMs } from "@/lib/view/drain";
import { formatCount, formatDuration, plural } from "@/lib/view/format";
import { useGo } from "../frame/leaving";
import { cn } from "../ui/cn";
import { IconButton } from "../ui/button";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { Link } from "../ui/link";
import { Menu, MenuItem } from "../ui/menu";
import { Spark } from "../ui/spark";
import { Td, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { useTint } from "../live/hooks";
import { Waiting } from "./waiting";
import { setPaused } from "./actions";
import { LimitDialog } from "./limit-dialog";
import { QueueKeysRow } from "./queue-keys";
import { UsageBar } from "./usage-bar";
import { OthersText } from "../ui/others-text";
import { readableText } from "@/lib/view/readable-text";

/** `load` undefined: in the last hour nothing waited in it and nothing ended. */
export function QueueLine({ queue, load, refused }: { queue: QueueRow; load: QueueLoad | undefined; refused: string | undefined }) {
  const [keysShown, setKeysShown] = useState(false);
  const [open, setOpen] = useState<"pause" | "limit" | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const go = useGo();
  const tinted = useTint(queue.queued);
  const ended = load?.ended.reduce((sum, n) => sum + n, 0) ?? 0;

  async function toggle(action: "pause" | "resume") {
    setBusy(true);
    const answer = await setPaused(queue, action);
    setBusy(false);
    setError(answer.ok ? undefined : answer.problem.error);
    if (answer.ok) setOpen(null);
  }

  return (
    <>
      <Tr>
        <Td className="max-w-72 max-sm:max-w-44">
          <span className="flex min-w-0 items-center gap-1.5">
            <IconButton
              label={`Concurrency keys of queue ${readableText(queue.name)}`}
              size="icon-sm"
              aria-expanded={keysShown}
              className="-ml-2"
              onClick={() => setKeysShown(!keysShown)}
            >
              <ChevronRight className={cn("size-3.5 transition-transform duration-[120ms]", keysShown && "rotate-90")} />
            </IconButton>
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
        <Td className="max-lg:hidden">
          <Spark
            values={load?.depth ?? noMinutes}
            color="var(--needs-bar)"
            words={
              load === undefined
                ? "No run waited in the last hour"
                : `At most ${plural(Math.max(...load.depth), "run")} waited in the last hour`
            }
          />
        </Td>
        <Td className="max-md:hidden">
          <span className="flex items-center gap-2">
            <Spark values={load?.ended ?? noMinutes} color="var(--moving-bar)" words={`${plural(ended, "run")} ended in the last hour`} />
            <span className="w-12 font-mono text-sm text-muted">{formatCount(ended)}</span>
          </span>
        </Td>
        <Td className="text-right font-mono whitespace-nowrap max-xl:hidden">
          {load === undefined || load.p95WaitMs === null ? (
            <span className="text-faint">–</span>
          ) : (
            <span title={`Of ${plural(load.started, "run")} that started`}>{formatDuration(load.p95WaitMs)}</span>
          )}
        </Td>
        <Td className="text-right font-mono whitespace-nowrap max-lg:hidden">
          <Drain queue={queue} load={load} />
        </Td>
        <Td className="font-mono max-xl:hidden">
          {queue.oldestQueuedAt === undefined || queue.queued === 0 ? (
            <span className="text-faint">–</span>
          ) : (
            <Waiting since={queue.oldestQueuedAt} />
          )}
        </Td>
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
      {keysShown ? <QueueKeysRow queue={queue} /> : null}
    </>
  );
}

const noMinutes: readonly number[] = Array.from({ length: 60 }, () => 0);

/** How long what waits now will take to start. */
function Drain({ queue, load }: { queue: QueueRow; load: QueueLoad | undefined }) {
  if (queue.queued === 0) return <span className="text-faint">–</span>;
  if (queue.paused) return <span className="font-sans text-needs">paused</span>;
  const ms = drainMs(queue.queued, load?.ended ?? noMinutes);
  if (ms === null)
    return (
      <span className="font-sans text-faint" title="None of its runs ended in the last ten minutes">
        no pace yet
      </span>
    );
  return (
    <span title="Until all that wait now have started, at the pace of the last ten minutes">
      ≈ {formatDuration(Math.max(1_000, Math.round(ms / 1_000) * 1_000))}
    </span>
  );
}
