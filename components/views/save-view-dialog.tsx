"use client";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { refusal } from "@/components/auth/permission";
import { useMe } from "@/components/frame/me";
import { messageOf, sendJson } from "@/components/live/api";
import { Button, IconButton } from "@/components/ui/button";
import { CheckField } from "@/components/ui/check-field";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/input";
import { OthersText } from "@/components/ui/others-text";
import { limits } from "@/lib/contracts/limits";
import type { SavedView, SavedViewBody } from "@/lib/contracts/views";
import { readableText } from "@/lib/view/readable-text";
import { useReadViewsAgain, useViews } from "./use-views";

/** Keeps the filter that is set under a name; and what was kept before. */
export function SaveViewDialog({ query, onClose }: { query: string; onClose: () => void }) {
  const views = useViews();
  const readAgain = useReadViewsAgain();
  const refused = refusal(useMe().user.role, "operator");
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const same = views.find((view) => view.mine && view.name === name.trim());

  /** Whatever is done, what is shown is read again after it. */
  async function change(work: () => Promise<unknown>): Promise<boolean> {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      await readAgain();
      return true;
    } catch (failure) {
      setError(messageOf(failure));
      return false;
    } finally {
      setBusy(false);
    }
  }

  async function save(): Promise<void> {
    const body: SavedViewBody = { name, query, shared };
    const done = await change(() =>
      same === undefined
        ? sendJson("/api/dashboard/views", { json: body })
        : sendJson(`/api/dashboard/views/${same.id}`, { method: "PATCH", json: body }),
    );
    if (done) onClose();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Save this view"
      description="The filter, and the columns and groups that are set, stand in the sidebar then, with the number of runs that it finds."
      size="sm"
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button look="primary" busy={busy} disabled={name.trim() === ""} onClick={() => void save()}>
            {same === undefined ? "Save view" : "Replace it"}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3 pb-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "" && !busy) void save();
        }}
      >
        <Field label="Name" help={same === undefined ? undefined : "You have a view of this name; it gets this filter."} error={error}>
          {(control) => (
            <Input {...control} value={name} maxLength={limits.viewName} data-autofocus onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <CheckField
          label="For everybody"
          help={refused ?? "Else only you see it."}
          checked={shared}
          disabled={refused !== undefined}
          onCheckedChange={setShared}
        />
      </form>
      <Kept
        views={views.filter((view) => view.mine)}
        busy={busy}
        onDelete={(view) => void change(() => sendJson(`/api/dashboard/views/${view.id}`, { method: "DELETE" }))}
      />
    </Dialog>
  );
}

function Kept({ views, busy, onDelete }: { views: readonly SavedView[]; busy: boolean; onDelete: (view: SavedView) => void }) {
  if (views.length === 0) return null;
  return (
    <section className="border-t border-line pt-2">
      <h3 className="mb-1 text-sm text-faint">Saved before</h3>
      <ul className="max-h-48 overflow-y-auto">
        {views.map((view) => (
          <li key={view.id} className="flex h-8 items-center gap-2">
            <OthersText text={view.name} className="min-w-0 flex-1 truncate" />
            <span className="text-sm text-faint">{view.shared ? "everybody" : "only you"}</span>
            <IconButton label={`Delete ${readableText(view.name)}`} size="icon-sm" disabled={busy} onClick={() => onDelete(view)}>
              <Trash2 className="size-3.5" />
            </IconButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
