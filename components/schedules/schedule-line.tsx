"use client";
import { MoreHorizontal, Pencil, Play, Power, Trash2 } from "lucide-react";
import { useState } from "react";
import type { SchedulesPage } from "@/lib/contracts/dashboard";
import { readableText } from "@/lib/view/readable-text";
import { send, type Answer } from "../auth/request";
import { useGo } from "../frame/leaving";
import { Ago } from "../live/time";
import { IconButton } from "../ui/button";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { lazilyDialog } from "../ui/dialog";
import { Link } from "../ui/link";
import { Menu, MenuItem } from "../ui/menu";
import { OthersText } from "../ui/others-text";
import { Td, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { toast } from "../ui/toast";
import { deleteSchedule } from "./actions";
import { When } from "./schedule-times";

const ScheduleDialog = lazilyDialog(async () => (await import("./schedule-dialog")).ScheduleDialog);

type Row = SchedulesPage["schedules"][number];

export function ScheduleLine({
  schedule,
  tasks,
  refused,
  onChanged,
}: {
  schedule: Row;
  tasks: readonly string[];
  refused: string | undefined;
  onChanged: () => void;
}) {
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const go = useGo();
  const isOurs = schedule.type === "IMPERATIVE";
  const path = `/api/v1/schedules/${encodeURIComponent(schedule.id)}`;

  async function act<Value>(request: Promise<Answer<Value>>): Promise<Value | undefined> {
    setBusy(true);
    const answer = await request;
    setBusy(false);
    if (answer.ok) onChanged();
    else if (open === null) toast.error(answer.problem.error);
    else setError(answer.problem.error);
    return answer.ok ? answer.value : undefined;
  }
  async function runNow() {
    const run = await act(send<{ id: string }>(`/api/dashboard/schedules/${encodeURIComponent(schedule.id)}/run`));
    if (run !== undefined) go(`/runs/${run.id}`);
  }
  async function remove() {
    if ((await act(deleteSchedule(schedule.id))) !== undefined) setOpen(null);
  }

  return (
    <Tr>
      <Td className="max-w-80 max-sm:max-w-44">
        <Link href={`/tasks/${encodeURIComponent(schedule.task)}`} prefetch={false} className="block truncate font-mono hover:underline">
          <OthersText text={schedule.task} whole="on hover" />
        </Link>
        <span className="block truncate text-sm text-muted">{schedule.description}</span>
        {schedule.externalId === undefined ? null : (
          <span className="block truncate text-sm text-faint">
            for <OthersText text={schedule.externalId} whole="on hover" />
          </span>
        )}
      </Td>
      <Td className="max-md:hidden">
        <span className="block font-mono whitespace-nowrap">{schedule.cron}</span>
        <span className="block text-sm whitespace-nowrap text-faint">
          {schedule.timezone}
          {schedule.window === undefined ? "" : `, within ${schedule.window}`}
        </span>
      </Td>
      <Td>{schedule.dueAt === undefined ? <span className="text-faint">–</span> : <When at={schedule.dueAt} />}</Td>
      <Td className="max-sm:hidden">
        <LastTick last={schedule.last} />
      </Td>
      <Td className="max-sm:hidden">
        <span className="flex flex-wrap gap-1">
          <Badge tone={schedule.active ? "good" : "idle"}>{schedule.active ? "active" : "inactive"}</Badge>
          {isOurs ? null : <Badge>in code</Badge>}
        </span>
      </Td>
      <Td>
        <Menu
          align="end"
          trigger={
            <IconButton
              label={`Actions for the schedule of ${readableText(schedule.task)}, ${schedule.description}`}
              size="icon-sm"
              disabled={busy}
            >
              <MoreHorizontal className="size-4" />
            </IconButton>
          }
        >
          <MenuItem disabled={refused !== undefined} title={refused} onSelect={() => void runNow()}>
            <Play className="size-3.5" /> Run now
          </MenuItem>
          {isOurs ? (
            <MenuItem disabled={refused !== undefined} title={refused} onSelect={() => setOpen("edit")}>
              <Pencil className="size-3.5" /> Edit…
            </MenuItem>
          ) : null}
          {isOurs || !schedule.active ? (
            <MenuItem
              disabled={refused !== undefined}
              title={refused}
              onSelect={() => void act(send(`${path}/${schedule.active ? "deactivate" : "activate"}`))}
            >
              <Power className="size-3.5" /> {schedule.active ? "Deactivate" : "Activate"}
            </MenuItem>
          ) : null}
          {isOurs ? (
            <MenuItem disabled={refused !== undefined} title={refused} onSelect={() => setOpen("delete")}>
              <Trash2 className="size-3.5" /> Delete…
            </MenuItem>
          ) : null}
        </Menu>
        <ConfirmDialog
          open={open === "delete"}
          onOpenChange={(next) => setOpen(next ? "delete" : null)}
          title={`Delete this schedule of ${readableText(schedule.task)}?`}
          description={`${schedule.description}. It makes no more runs; those that it has made stay.`}
          action="Delete schedule"
          busy={busy}
          error={error}
          onConfirm={() => void remove()}
        />
        {open === "edit" ? <ScheduleDialog schedule={schedule} tasks={tasks} onClose={() => setOpen(null)} onSaved={onChanged} /> : null}
      </Td>
    </Tr>
  );
}

function LastTick({ last }: { last: Row["last"] }) {
  if (last === undefined) return <span className="text-faint">never</span>;
  return (
    <span className="flex flex-col">
      {last.runId === undefined ? (
        <Badge tone="needs" className="self-start">
          <span title={last.skipped === undefined ? undefined : readableText(last.skipped)}>skipped</span>
        </Badge>
      ) : (
        <Link href={`/runs/${last.runId}`} prefetch={false} className="self-start underline">
          {last.by === undefined ? "run" : "run by hand"}
        </Link>
      )}
      <Ago at={last.tick} className="text-sm text-faint" />
    </span>
  );
}
