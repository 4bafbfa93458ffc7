"use client";
import { BellPlus, Bookmark, Download } from "lucide-react";
import { useState } from "react";
import { useGo } from "@/components/frame/leaving";
import { IconButton } from "@/components/ui/button";
import { lazilyDialog } from "@/components/ui/dialog";
import { lazily } from "@/components/ui/lazily";
import { Popover } from "@/components/ui/menu";
import type { RunFilter } from "@/lib/contracts/realtime";
import { isEmptyView, type RunsView } from "@/lib/runs/run-filter";
import { viewKey } from "./use-runs-view";

const SaveViewDialog = lazilyDialog(async () => (await import("@/components/views/save-view-dialog")).SaveViewDialog);
const ExportChoices = lazily(async () => (await import("./export-choices")).ExportChoices);

/** What is done with the filter as a whole: kept under a name, or taken away as a file. */
export function ListActions({ view, filter }: { view: RunsView; filter: RunFilter }) {
  const [saving, setSaving] = useState(false);
  const go = useGo();
  const isEmpty = isEmptyView(view);
  return (
    <div className="flex items-center">
      <IconButton label={isEmpty ? "Save view: set a filter first" : "Save view"} aria-disabled={isEmpty || undefined} onClick={() => !isEmpty && setSaving(true)}>
        <Bookmark className="size-4" />
      </IconButton>
      <IconButton
        label="Alert on failures of these tasks and queues"
        onClick={() => go(`/alerts?${new URLSearchParams([["new", "failures"], ...view.task.map((task) => ["task", task]), ...view.queue.map((queue) => ["queue", queue])])}`)}
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
        <ExportChoices filter={filter} />
      </Popover>
      {saving ? <SaveViewDialog query={viewKey(view)} onClose={() => setSaving(false)} /> : null}
    </div>
  );
}
