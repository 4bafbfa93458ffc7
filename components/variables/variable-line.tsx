"use client";
import { Eye, EyeOff, Lock, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import type { VariableRow, VariablesPage } from "@/lib/contracts/variables";
import { readableText } from "@/lib/view/readable-text";
import { useMe } from "../frame/me";
import { useOffline } from "../live/hooks";
import { Ago } from "../live/time";
import { IconButton } from "../ui/button";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { CopyButton } from "../ui/copy";
import { lazilyDialog } from "../ui/dialog";
import { OthersText } from "../ui/others-text";
import { Td, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { deleteVariable } from "./actions";

const VariableDialog = lazilyDialog(async () => (await import("./variable-dialog")).VariableDialog);

interface VariableLineProps {
  variable: VariableRow;
  /** The .env file that has the name too. */
  file: string | undefined;
  winner: VariablesPage["winner"];
  refused: string | undefined;
  onChanged: () => void;
}

export function VariableLine({ variable, file, winner, refused, onChanged }: VariableLineProps) {
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const me = useMe();
  const off = useOffline() ?? refused;
  const { name } = variable;

  async function remove() {
    setBusy(true);
    const answer = await deleteVariable(me, name);
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    setOpen(null);
    onChanged();
  }

  return (
    <Tr>
      <Td className="max-w-80 max-sm:max-w-36">
        <span className="flex min-w-0 items-center gap-2">
          <span className="truncate font-mono font-medium" title={name}>
            {name}
          </span>
          {file === undefined ? null : winner === "files" ? <Badge tone="needs">{file} wins</Badge> : <Badge>replaces {file}</Badge>}
        </span>
      </Td>
      <Td className="max-w-96 max-sm:max-w-40">
        <Value variable={variable} />
      </Td>
      <Td className="whitespace-nowrap max-md:hidden">
        <Ago at={variable.updatedAt} />
        <span className="text-faint"> by {readableText(variable.updatedBy)}</span>
      </Td>
      <Td>
        <span className="flex justify-end gap-1">
          <IconButton label={`Edit ${name}`} size="icon-sm" disabled={off !== undefined} onClick={() => setOpen("edit")}>
            <Pencil className="size-3.5" />
          </IconButton>
          <IconButton label={`Delete ${name}`} size="icon-sm" disabled={off !== undefined} onClick={() => setOpen("delete")}>
            <Trash2 className="size-3.5" />
          </IconButton>
        </span>
        {open === "edit" ? <VariableDialog variable={variable} known={[]} onClose={() => setOpen(null)} onChanged={onChanged} /> : null}
        <ConfirmDialog
          open={open === "delete"}
          onOpenChange={(next) => setOpen(next ? "delete" : null)}
          title={`Delete ${name}?`}
          description={`Runs that start from then on do not have it${file === undefined ? "" : ` from here, but from ${file}`}. The value cannot be brought back.`}
          action="Delete variable"
          busy={busy}
          error={error}
          onConfirm={() => void remove()}
        />
      </Td>
    </Tr>
  );
}

const Covered = () => (
  <>
    <span className="sr-only">covered</span>
    <span aria-hidden className="font-mono text-faint">
      ••••••••
    </span>
  </>
);

/** Covered until it is asked for: somebody may look over the shoulder. */
function Value({ variable: { name, value, isSecret, isBroken } }: { variable: VariableRow }) {
  const [shown, setShown] = useState(false);
  if (isBroken) return <Badge tone="bad">cannot be read; set it again</Badge>;
  if (isSecret)
    return (
      <span className="flex items-center gap-1.5 text-muted">
        <Lock aria-hidden className="size-3.5 shrink-0" /> secret
      </span>
    );
  if (value === undefined) return <span className="text-faint">hidden</span>;
  if (value === "") return <span className="text-faint">empty</span>;
  return (
    <span className="flex min-w-0 items-center gap-1">
      {shown ? <OthersText text={value} whole="on hover" className="truncate font-mono" /> : <Covered />}
      <IconButton label={shown ? `Cover ${name}` : `Show ${name}`} size="icon-sm" onClick={() => setShown(!shown)}>
        {shown ? <EyeOff className="size-3.5" /> : <Eye className="size-3.5" />}
      </IconButton>
      <CopyButton text={value} label={`Copy value of ${name}`} />
    </span>
  );
}
