"use client";
import { Ban, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useBulk } from "@/components/bulk/use-bulk";
import { bulkLook, bulkWords, handled } from "@/components/bulk/words";
import { useMayAct } from "@/components/frame/me";
import { useShortcut } from "@/components/frame/shortcuts";
import { getJson, messageOf } from "@/components/live/api";
import { useLive } from "@/components/live/live-provider";
import { Button } from "@/components/ui/button";
import { lazilyDialog } from "@/components/ui/dialog";
import { Link } from "@/components/ui/link";
import { Progress } from "@/components/ui/progress";
import { toast } from "@/components/ui/toast";
import type { BulkPreview } from "@/lib/contracts/bulk";
import { bulkVerbs, type BulkVerb } from "@/lib/contracts/bulk-verbs";
import { limits } from "@/lib/contracts/limits";
import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { filterParams } from "@/lib/runs/run-filter";
import { formatCount, plural } from "@/lib/view/format";

const BulkDialog = lazilyDialog(async () => (await import("@/components/bulk/bulk-dialog")).BulkDialog);
const icons = { cancel: Ban, replay: RotateCcw };

export interface BulkBarProps {
  runs: readonly RunRow[];
  filter: RunFilter;
  /** All that is loaded is selected, and more matches. */
  more: boolean;
  /** Runs that came since the list stands still. */
  news: number;
  onClear: () => void;
}

/** What can be done with the selected runs, or with all that match, and with how many of them. */
export function BulkBar({ runs: given, filter, more, news, onClear }: BulkBarProps) {
  const live = useLive();
  const { allowed, reason } = useMayAct();
  const [all, setAll] = useState<BulkPreview | null>(null);
  const [verb, setVerb] = useState<BulkVerb | null>(null);
  const [held, setHeld] = useState(false);
  const [started, setStarted] = useState<string | null>(null);
  const runs = given.map((run) => live?.rows.newest(run) ?? run);
  const finished = all?.finished ?? runs.filter((run) => isFinal(run.status)).length;
  const total = all === null ? runs.length : all.live + all.finished;
  const eligible: Record<BulkVerb, number> = { cancel: total - finished, replay: finished };
  const tooMany = all === null ? runs.length > limits.bulkIds : all.tooMany;
  const most = all === null ? limits.bulkIds : limits.bulkRuns;
  const refused = reason ?? (tooMany ? `At most ${formatCount(most)} at once` : undefined);
  const may = (which: BulkVerb): boolean => allowed && !tooMany && !held && started === null && eligible[which] > 0;
  const ask = (which: BulkVerb) => () => {
    if (may(which)) setVerb(which);
  };
  useShortcut("c", { label: "Cancel selected runs", group: "Runs", run: ask("cancel") });
  useShortcut("r", { label: "Replay selected runs", group: "Runs", run: ask("replay") });
  useShortcut("escape", { label: "Clear selection", group: "Runs", run: onClear });
  const wanted = verb === "cancel" ? runs.filter((run) => !isFinal(run.status)) : runs.filter((run) => isFinal(run.status));

  return (
    // Over the end of the list: it must not push the rows away from under the pointer that selects them.
    <div className="appear absolute inset-x-0 bottom-0 z-30 flex min-h-11 flex-wrap items-center gap-2 border-t border-line-strong bg-raised px-4 py-1.5">
      {started === null ? (
        <>
          <p aria-live="polite">
            <span className="font-medium">
              {tooMany && all !== null ? `More than ${plural(most, "run")} match.` : `${plural(total, "run")} selected.`}
            </span>{" "}
            <span className={more && all === null ? "text-needs" : "text-muted"}>
              {all !== null
                ? "They are all that match now, loaded or not."
                : more
                  ? "These are all that are loaded; more match."
                  : "The list stands still."}
              {news > 0 ? ` ${plural(news, "new run")} not among them.` : ""}
            </span>
          </p>
          {more && all === null ? <SelectAll filter={filter} onSelected={setAll} /> : null}
          <div className="flex-1" />
          {bulkVerbs.map((which) => {
            const Icon = icons[which];
            return (
              <Button key={which} size="sm" disabled={!may(which)} title={refused} onClick={ask(which)}>
                <Icon aria-hidden className="size-3.5" />
                {bulkWords[which].action} {formatCount(eligible[which])}
              </Button>
            );
          })}
        </>
      ) : (
        <Started id={started} />
      )}
      <Button size="sm" look="ghost" onClick={onClear}>
        {started === null ? "Clear" : "Close"}
      </Button>
      {verb === null ? null : (
        <BulkDialog
          verb={verb}
          count={eligible[verb]}
          skipped={total - eligible[verb]}
          selection={all === null ? { runIds: wanted.map((run) => run.id) } : { filter: { ...filter, to: all.to } }}
          onClose={() => setVerb(null)}
          onHeld={setHeld}
          onStarted={setStarted}
        />
      )}
    </div>
  );
}

/** Counts on the server what matches. */
function SelectAll({ filter, onSelected }: { filter: RunFilter; onSelected: (all: BulkPreview) => void }) {
  const [busy, setBusy] = useState(false);
  async function start(): Promise<void> {
    setBusy(true);
    try {
      onSelected(await getJson<BulkPreview>(`/api/dashboard/bulk/preview?${filterParams(filter)}`));
    } catch (error) {
      toast.error("The matching runs could not be counted", { description: messageOf(error) });
      setBusy(false);
    }
  }
  return (
    <Button size="sm" busy={busy} onClick={() => void start()}>
      Select all that match
    </Button>
  );
}

/** How far it is, while somebody still looks at the list. */
function Started({ id }: { id: string }) {
  const { data } = useBulk(id);
  const row = data?.action;
  const left = row === undefined ? 0 : row.skipped + row.failed;
  return (
    <>
      <p aria-live="polite" className="min-w-0">
        <span className="font-medium">
          {row === undefined
            ? "Starting…"
            : row.status === "PENDING"
              ? `${bulkWords[row.action].doing}: ${formatCount(handled(row))} of ${plural(row.total, "run")}`
              : `${bulkWords[row.action].past} ${plural(row.done, "run")}.`}
        </span>{" "}
        {left > 0 ? <span className="text-needs">{formatCount(left)} not.</span> : null}
      </p>
      <Progress
        value={row === undefined || row.total === 0 ? 0 : handled(row) / row.total}
        tone={row === undefined ? "moving" : bulkLook[row.status].tone}
        label="Runs handled"
        className="w-32"
      />
      <div className="flex-1" />
      <Button size="sm" asChild>
        <Link href={`/bulk/${id}`} prefetch={false}>
          Show what came of each
        </Link>
      </Button>
    </>
  );
}
