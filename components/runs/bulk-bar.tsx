"use client";
import { Ban, RotateCcw } from "lucide-react";
import { useState } from "react";
import { toast } from "@/components/ui/toast";
import { useMayAct } from "@/components/frame/me";
import { useShortcut } from "@/components/frame/shortcuts";
import { messageOf } from "@/components/live/api";
import { useLive } from "@/components/live/live-provider";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Progress } from "@/components/ui/progress";
import type { RunRow } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { plural } from "@/lib/view/format";
import { canCancel, cancelRun, forEachRun, replayRun, type BulkOutcome } from "./run-actions";

type Verb = "cancel" | "replay";
const verbs: Record<Verb, { action: string; past: string; act: (id: string) => Promise<unknown>; eligible: (run: RunRow) => boolean; not: string }> = {
  cancel: { action: "Cancel", past: "Canceled", act: cancelRun, eligible: canCancel, not: "finished already" },
  replay: { action: "Replay", past: "Replayed", act: (id) => replayRun(id), eligible: (run) => isFinal(run.status), not: "still running" },
};

function SelectRest({ select }: { select: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  async function start(): Promise<void> {
    setBusy(true);
    try {
      await select();
    } catch (error) {
      toast.error("The other runs could not be read", { description: messageOf(error) });
    } finally {
      setBusy(false);
    }
  }
  return (
    <Button size="sm" busy={busy} onClick={() => void start()}>
      Select all that match
    </Button>
  );
}

export interface BulkBarProps {
  runs: readonly RunRow[];
  /** More runs match than are selected: selects them too. */
  rest: null | "too many" | (() => Promise<void>);
  /** Runs that came since the list stands still. */
  news: number;
  onClear: () => void;
}

/** What can be done with the selected runs, and with how many of them. */
export function BulkBar({ runs: given, rest, news, onClear }: BulkBarProps) {
  const live = useLive();
  const { allowed, reason } = useMayAct();
  const [verb, setVerb] = useState<Verb | null>(null);
  const [progress, setProgress] = useState<BulkOutcome | null>(null);
  const runs = given.map((run) => live?.rows.newest(run) ?? run);
  const eligible = (which: Verb): RunRow[] => runs.filter(verbs[which].eligible);
  const ask = (which: Verb) => () => {
    if (allowed && eligible(which).length > 0) setVerb(which);
  };
  useShortcut("c", { label: "Cancel selected runs", group: "Runs", run: ask("cancel") });
  useShortcut("r", { label: "Replay selected runs", group: "Runs", run: ask("replay") });
  useShortcut("escape", { label: "Clear selection", group: "Runs", run: onClear });

  async function confirm(which: Verb): Promise<void> {
    const ids = eligible(which).map((run) => run.id);
    setProgress({ done: 0, failed: [] });
    const outcome = await forEachRun(ids, verbs[which].act, setProgress);
    setProgress(null);
    setVerb(null);
    const said = `${verbs[which].past} ${plural(outcome.done, "run")}`;
    const failure = outcome.failed[0];
    if (!failure) toast.success(said);
    else toast.error(`${said}; ${plural(outcome.failed.length, "run")} refused`, { description: `${failure.id}: ${failure.error}` });
    if (outcome.failed.length === 0) onClear();
  }

  const chosen = verb === null ? [] : eligible(verb);
  const skipped = runs.length - chosen.length;
  return (
    // Over the end of the list: it must not push the rows away from under the pointer that selects them.
    <div className="appear absolute inset-x-0 bottom-0 z-30 flex min-h-11 flex-wrap items-center gap-2 border-t border-line-strong bg-raised px-4 py-1.5">
      <p aria-live="polite">
        <span className="font-medium">{plural(runs.length, "run")} selected.</span>{" "}
        <span className={rest === null ? "text-muted" : "text-needs"}>
          {rest === null ? "The list stands still." : rest === "too many" ? "More match than can be selected at once; the oldest are left out." : "These are all that are loaded; more match."}
          {news > 0 ? ` ${plural(news, "new run")} not among them.` : ""}
        </span>
      </p>
      {typeof rest === "function" ? <SelectRest select={rest} /> : null}
      <div className="flex-1" />
      {(["cancel", "replay"] as const).map((which) => {
        const count = eligible(which).length;
        return (
          <Button key={which} size="sm" disabled={!allowed || count === 0} title={reason} onClick={ask(which)}>
            {which === "cancel" ? <Ban aria-hidden className="size-3.5" /> : <RotateCcw aria-hidden className="size-3.5" />}
            {verbs[which].action} {count}
          </Button>
        );
      })}
      <Button size="sm" look="ghost" onClick={onClear}>
        Clear
      </Button>
      {verb === null ? null : (
        <ConfirmDialog
          open
          onOpenChange={(open) => !open && progress === null && setVerb(null)}
          title={`${verbs[verb].action} ${plural(chosen.length, "run")}?`}
          description={
            <>
              {verb === "cancel" ? "They stop now; their child runs stop too." : "Each is triggered again with the same payload and options."}
              {skipped > 0 ? ` ${plural(skipped, "selected run")} ${skipped === 1 ? "is" : "are"} ${verbs[verb].not} and will be left alone.` : ""}
            </>
          }
          action={`${verbs[verb].action} ${plural(chosen.length, "run")}`}
          look={verb === "cancel" ? "danger" : "primary"}
          busy={progress !== null}
          onConfirm={() => void confirm(verb)}
        >
          {progress ? <Progress className="my-2" value={(progress.done + progress.failed.length) / Math.max(1, chosen.length)} label="Runs done" /> : null}
        </ConfirmDialog>
      )}
    </div>
  );
}
