"use client";
import { useState } from "react";
import { send } from "../auth/request";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, Input } from "../ui/input";
import { toast } from "../ui/toast";

export function CreateBranchDialog({ projectRef, onClose, onCreated }: { projectRef: string; onClose: () => void; onCreated: () => void }) {
  const [branch, setBranch] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function create() {
    if (branch.trim() === "") return setError("Name a git branch, such as feature/search");
    setBusy(true);
    const answer = await send(`/api/v1/projects/${encodeURIComponent(projectRef)}/branches`, { branch: branch.trim() });
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    toast.success("The branch is served", { description: "Deploy a version to it from Deployments." });
    onCreated();
    return onClose();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Create a preview branch"
      description="An environment of its own under the preview environment's key; clients name it as previewBranch, or in TRIGGER_PREVIEW_BRANCH."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} onClick={() => void create()}>
            Create branch
          </Button>
        </>
      }
    >
      <Field label="Branch" error={error} className="pb-2">
        {(control) => (
          <Input
            {...control}
            value={branch}
            maxLength={255}
            className="font-mono"
            onChange={(event) => {
              setBranch(event.target.value);
              setError(undefined);
            }}
            onKeyDown={(event) => (event.key === "Enter" ? void create() : undefined)}
          />
        )}
      </Field>
    </Dialog>
  );
}
