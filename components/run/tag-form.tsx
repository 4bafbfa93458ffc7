"use client";
import { useState } from "react";
import { messageOf } from "@/components/live/api";
import { addRunTags } from "@/components/runs/run-actions";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { toast } from "@/components/ui/toast";

export function TagForm({ runId, onAdded }: { runId: string; onAdded: () => void }) {
  const [tag, setTag] = useState("");
  const [busy, setBusy] = useState(false);

  async function add(): Promise<void> {
    if (tag.trim() === "") return;
    setBusy(true);
    try {
      await addRunTags(runId, [tag.trim()]);
      onAdded();
    } catch (error) {
      toast.error("The tag was not added", { description: messageOf(error) });
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      className="flex gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <Input aria-label="New tag" value={tag} maxLength={128} onChange={(event) => setTag(event.target.value)} className="w-48" />
      <Button type="submit" look="primary" busy={busy}>
        Add tag
      </Button>
    </form>
  );
}
