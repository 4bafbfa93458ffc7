"use client";
import { OctagonX, RotateCcw, Rows3 } from "lucide-react";
import { useState } from "react";
import { ActionButton, refusal } from "@/components/auth/permission";
import { useGo } from "@/components/frame/leaving";
import { useMe } from "@/components/frame/me";
import { useTabState } from "@/components/frame/tab-state";
import { messageOf, sendJson } from "@/components/live/api";
import { Ago, Took } from "@/components/live/time";
import { Button } from "@/components/ui/button";
import { CopyValue } from "@/components/ui/copy";
import { lazilyDialog } from "@/components/ui/dialog";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { Facts } from "@/components/ui/page";
import { ErrorState } from "@/components/ui/state";
import { toast } from "@/components/ui/toast";
import { toneText } from "@/components/ui/tone";
import type { BulkDetail, BulkRow } from "@/lib/contracts/bulk";
import { formatCount, plural } from "@/lib/view/format";
import { BulkItems } from "./bulk-items";
import { BulkProgress } from "./bulk-progress";
import { useBulk } from "./use-bulk";
import { bulkLook, bulkWords, titleOf } from "./words";

const BulkDialog = lazilyDialog(async () => (await import("./bulk-dialog")).BulkDialog);

export function BulkView({ id, initial }: { id: string; initial: BulkDetail }) {
  const { data, error, refetch } = useBulk(id, initial);
  const { action: row, reasons } = data ?? initial;
  const look = bulkLook[row.status];
  useTabState(`${look.word}: ${titleOf(row)}`, look.tone);
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2 border-b border-line px-4 py-3">
        <div className="min-w-0 flex-1 basis-60">
          <h1 className="text-lg font-semibold break-words">
            <OthersText text={titleOf(row)} />
          </h1>
          <p className="flex flex-wrap items-center gap-x-3 text-muted">
            <span data-status={row.status} className={toneText[look.tone]}>
              {look.word}
            </span>
            <CopyValue text={row.id} className="text-sm" />
          </p>
        </div>
        <Actions row={row} />
      </header>
      {error === null ? null : (
        <ErrorState className="m-4" title="The newest state could not be read" detail={messageOf(error)} onRetry={() => void refetch()} />
      )}
      <section
        aria-label="Progress"
        className="grid gap-x-8 gap-y-4 border-b border-line px-4 py-3 md:grid-cols-[minmax(0,20rem)_minmax(0,1fr)]"
      >
        <div>
          <BulkProgress row={row} />
          <dl className="mt-3 grid grid-cols-4 gap-2">
            {(
              [
                ["Matched", row.total, ""],
                [bulkWords[row.action].past, row.done, row.done > 0 ? "text-good" : ""],
                ["Left alone", row.skipped, ""],
                ["Failed", row.failed, row.failed > 0 ? "text-bad" : ""],
              ] as const
            ).map(([name, count, tone]) => (
              <div key={name}>
                <dt className="text-sm text-faint">{name}</dt>
                <dd className={`font-mono text-lg ${tone}`}>{formatCount(count)}</dd>
              </div>
            ))}
          </dl>
        </div>
        <div className="min-w-0">
          <Facts
            facts={[
              ["Started", <Ago key="at" at={row.createdAt} />],
              ["By", <OthersText key="by" text={row.createdBy} />],
              ["Took", <Took key="took" from={row.createdAt} to={row.completedAt} className="font-mono" />],
              [
                "Selection",
                row.filter === undefined ? (
                  "chosen one by one"
                ) : (
                  <OthersText key="filter" text={wordsOf(row.filter)} className="font-mono text-sm break-all" />
                ),
              ],
            ]}
          />
          {reasons.length === 0 ? null : (
            <ul aria-label="Reasons" className="mt-3 flex flex-col gap-1">
              {reasons.map((one) => (
                <li key={`${one.outcome} ${one.reason}`} className="flex min-w-0 gap-2">
                  <span
                    className={
                      one.outcome === "failed" ? "w-12 shrink-0 text-right font-mono text-bad" : "w-12 shrink-0 text-right font-mono"
                    }
                  >
                    {formatCount(one.count)}
                  </span>
                  <OthersText text={one.reason} className="min-w-0 break-words text-muted" />
                </li>
              ))}
            </ul>
          )}
        </div>
      </section>
      <BulkItems id={row.id} />
    </div>
  );
}

/** `status:FAILED tag:nightly`, for people. */
const wordsOf = (filter: Record<string, unknown>): string =>
  Object.entries(filter)
    .map(([key, value]) => `${key}:${Array.isArray(value) ? value.join(",") : String(value)}`)
    .join(" ");

function Actions({ row }: { row: BulkRow }) {
  const go = useGo();
  const refused = refusal(useMe().user.role, "operator");
  const [busy, setBusy] = useState(false);
  const [again, setAgain] = useState(false);

  async function abort(): Promise<void> {
    setBusy(true);
    try {
      await sendJson(`/api/v1/bulk-actions/${encodeURIComponent(row.id)}/abort`, { json: {} });
    } catch (error) {
      toast.error("It was not aborted", { description: messageOf(error) });
    }
    setBusy(false);
  }

  return (
    <div className="flex flex-wrap gap-2">
      <Button asChild>
        <Link href={`/runs?bulk=${row.id}`} prefetch={false}>
          <Rows3 aria-hidden className="size-3.5" /> {row.action === "replay" ? "Runs made" : "Runs canceled"}
        </Link>
      </Button>
      {row.status === "PENDING" ? (
        <ActionButton refused={refused} look="danger" busy={busy} onClick={() => void abort()}>
          <OctagonX aria-hidden className="size-3.5" /> Abort
        </ActionButton>
      ) : row.done > 0 ? (
        <ActionButton refused={refused} onClick={() => setAgain(true)}>
          <RotateCcw aria-hidden className="size-3.5" /> Replay {plural(row.done, "run")}
        </ActionButton>
      ) : null}
      {again ? (
        <BulkDialog
          verb="replay"
          count={row.done}
          skipped={0}
          selection={{ filter: { bulk: row.id } }}
          onClose={() => setAgain(false)}
          onStarted={(id) => go(`/bulk/${id}`)}
        />
      ) : null}
    </div>
  );
}
