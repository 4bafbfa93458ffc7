"use client";
import { useState } from "react";
import type { EnvironmentRow } from "@/lib/contracts/environment";
import { environmentPath } from "@/lib/view/environment-path";
import { readableText } from "@/lib/view/readable-text";
import { ActionButton } from "../auth/permission";
import { send } from "../auth/request";
import { EnvironmentMark, environmentWords } from "../frame/environment-mark";
import { Ago } from "../live/time";
import { cn } from "../ui/cn";
import { lazilyDialog } from "../ui/dialog";
import { OthersText } from "../ui/others-text";
import { Td, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { toast } from "../ui/toast";

const ArchiveDialog = lazilyDialog(async () => (await import("./archive-dialog")).ArchiveDialog);
const NameDialog = lazilyDialog(async () => (await import("./name-dialog")).NameDialog);

interface EnvironmentLineProps {
  row: EnvironmentRow;
  /** The one that this tab shows. */
  isShown: boolean;
  refused: string | undefined;
  onChanged: () => void;
}

export function EnvironmentLine({ row, isShown, refused, onChanged }: EnvironmentLineProps) {
  const [open, setOpen] = useState<"rename" | "archive" | null>(null);
  const [busy, setBusy] = useState(false);
  const isArchived = row.archivedAt !== undefined;

  async function restore() {
    setBusy(true);
    const answer = await send(`/api/v1/environments/${row.slug}/restore`);
    setBusy(false);
    if (!answer.ok) return toast.error(`${row.name} was not restored`, { description: answer.problem.error });
    onChanged();
    return undefined;
  }

  return (
    <Tr className={cn(isArchived && "text-faint")}>
      <Td className="max-w-64 max-sm:max-w-40">
        <span className={cn("flex min-w-0 items-center gap-2", row.branch !== undefined && "pl-4")}>
          <EnvironmentMark type={row.type} />
          {isArchived || isShown ? (
            <span className={cn("min-w-0 truncate", isShown && "font-medium")}>
              <OthersText text={row.name} whole="on hover" />
            </span>
          ) : (
            <a href={`${environmentPath(row)}/runs`} className="min-w-0 truncate hover:underline">
              <OthersText text={row.name} whole="on hover" />
            </a>
          )}
          {row.isMain ? <Badge>main</Badge> : null}
        </span>
      </Td>
      <Td className="max-w-52 truncate font-mono text-sm max-xl:max-w-40 max-sm:hidden">{row.slug}</Td>
      <Td className="whitespace-nowrap max-md:hidden">{row.branch === undefined ? environmentWords[row.type] : "preview branch"}</Td>
      <Td className="whitespace-nowrap max-xl:hidden">
        <Ago at={row.createdAt} />
        {row.createdBy === undefined ? null : <span className="text-faint"> by {readableText(row.createdBy)}</span>}
      </Td>
      <Td className="whitespace-nowrap">
        {row.archivedAt !== undefined ? (
          <>
            Archived <Ago at={row.archivedAt} className="max-sm:hidden" />
          </>
        ) : isShown ? (
          <Badge tone="good">shown here</Badge>
        ) : (
          "Served"
        )}
      </Td>
      <Td>
        <span className="flex justify-end gap-1 max-sm:flex-col max-sm:items-end">
          {row.branch === undefined && !isArchived ? (
            <ActionButton size="sm" look="ghost" refused={refused} onClick={() => setOpen("rename")}>
              Rename<span className="sr-only"> {row.slug}</span>
            </ActionButton>
          ) : null}
          {row.isMain ? null : isArchived ? (
            <ActionButton size="sm" look="ghost" busy={busy} refused={refused} onClick={() => void restore()}>
              Restore<span className="sr-only"> {row.slug}</span>
            </ActionButton>
          ) : (
            <ActionButton
              size="sm"
              look="ghost"
              refused={refused ?? (isShown ? "Switch to another environment first: this tab shows it." : undefined)}
              onClick={() => setOpen("archive")}
            >
              Archive<span className="sr-only"> {row.slug}</span>
            </ActionButton>
          )}
        </span>
        {open === "rename" ? (
          <NameDialog
            title="Rename environment"
            description={`Its slug stays ${row.slug}: addresses and settings name it so.`}
            label="Name"
            initial={row.name}
            maxLength={64}
            missing="Give it a name, such as Staging"
            action="Rename"
            submit={(name) => send(`/api/v1/environments/${row.slug}`, { name }, "PUT")}
            onClose={() => setOpen(null)}
            onDone={onChanged}
          />
        ) : null}
        {open === "archive" ? <ArchiveDialog row={row} onClose={() => setOpen(null)} onArchived={onChanged} /> : null}
      </Td>
    </Tr>
  );
}
