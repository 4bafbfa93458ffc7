"use client";
import { BellPlus, Bookmark, Columns3, Download, Group } from "lucide-react";
import { useState } from "react";
import { useGo } from "@/components/frame/leaving";
import { IconButton } from "@/components/ui/button";
import { lazilyDialog } from "@/components/ui/dialog";
import { lazily } from "@/components/ui/lazily";
import { Menu, Popover } from "@/components/ui/menu";
import type { RunFilter } from "@/lib/contracts/realtime";
import { lookToParams } from "@/lib/runs/run-columns";
import { viewToParams, type RunsView } from "@/lib/runs/run-filter";
import type { ListLookState } from "./list-look";

const SaveViewDialog = lazilyDialog(async () => (await import("@/components/views/save-view-dialog")).SaveViewDialog);
const ExportChoices = lazily(async () => (await import("./export-choices")).ExportChoices);
const ColumnChoices = lazily(async () => (await import("./column-choices")).ColumnChoices);
const GroupChoices = lazily(async () => (await import("./group-choices")).GroupChoices);

/** How the list is shown, and what is done with it as a whole: kept under a name, or taken away as a file. */
export function ListActions({ view, filter, look }: { view: RunsView; filter: RunFilter; look: ListLookState }) {
  const [saving, setSaving] = useState(false);
  const query = new URLSearchParams([...viewToParams(view), ...lookToParams(look)]).toString();
  const isEmpty = query === "";
  const go = useGo();
  return (
    <div className="flex shrink-0 items-center">
      <Menu
        align="end"
        preload={GroupChoices.preload}
        trigger={
          <IconButton
            label={look.group === null ? "Group" : `Grouped by ${look.group}`}
            className={look.group === null ? "" : "bg-active text-fg"}
          >
            <Group className="size-4" />
          </IconButton>
        }
      >
        <GroupChoices chosen={look.group} onChoose={look.setGroup} />
      </Menu>
      <Popover
        align="end"
        className="max-h-[var(--radix-popper-available-height)] w-80"
        preload={ColumnChoices.preload}
        trigger={
          <IconButton label="Columns">
            <Columns3 className="size-4" />
          </IconButton>
        }
      >
        <ColumnChoices look={look} />
      </Popover>
      <IconButton
        label={isEmpty ? "Save view: set a filter or columns first" : "Save view"}
        aria-disabled={isEmpty || undefined}
        onClick={() => !isEmpty && setSaving(true)}
      >
        <Bookmark className="size-4" />
      </IconButton>
      <IconButton
        label="Alert on failures of these tasks and queues"
        onClick={() =>
          go(
            `/alerts?${new URLSearchParams([["new", "failures"], ...view.task.map((task) => ["task", task]), ...view.queue.map((queue) => ["queue", queue])])}`,
          )
        }
      >
        <BellPlus className="size-4" />
      </IconButton>
      <Popover
        align="end"
        className="w-64"
        preload={ExportChoices.preload}
        trigger={
          <IconButton label="Export">
            <Download className="size-4" />
          </IconButton>
        }
      >
        <ExportChoices filter={filter} columns={look.columns} />
      </Popover>
      {saving ? <SaveViewDialog query={query} onClose={() => setSaving(false)} /> : null}
    </div>
  );
}
