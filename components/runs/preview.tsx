"use client";
import { ArrowUpRight, X } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { getJson, messageOf } from "@/components/live/api";
import { useLiveRun, useRow } from "@/components/live/hooks";
import { Ago, Took } from "@/components/live/time";
import { Button, IconButton } from "@/components/ui/button";
import { CopyValue } from "@/components/ui/copy";
import { JsonView } from "@/components/ui/json-view";
import { Link } from "@/components/ui/link";
import { Facts } from "@/components/ui/page";
import { Progress } from "@/components/ui/progress";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/state";
import { TagLabel } from "@/components/ui/tag";
import type { RunPage } from "@/lib/contracts/dashboard";
import type { RunRow } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { lookOf, StatusBadge } from "./status";
import { OthersText } from "@/components/ui/others-text";

/** The run under the cursor, beside the list. */
export function Preview({ row: given, onClose }: { row: RunRow | undefined; onClose: () => void }) {
  return (
    <aside aria-label="Preview" className="hidden w-96 shrink-0 flex-col border-l border-line lg:flex">
      <div className="flex h-8 shrink-0 items-center gap-1 border-b border-line pr-1 pl-4">
        <h2 className="flex-1 font-medium">Preview</h2>
        {given ? (
          <Button look="ghost" size="sm" asChild>
            <Link href={`/runs/${given.id}`} prefetch={false}>
              Open
              <ArrowUpRight aria-hidden className="size-3.5" />
            </Link>
          </Button>
        ) : null}
        <IconButton label="Close preview" hint="Space" size="icon-sm" onClick={onClose}>
          <X className="size-4" />
        </IconButton>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-4">
        {given ? <Content key={given.id} row={given} /> : <p className="text-muted">Move to a run with J and K.</p>}
      </div>
    </aside>
  );
}

function Content({ row: given }: { row: RunRow }) {
  const row = useRow(given);
  const live = useLiveRun(row.id).data.detail;
  const query = useQuery({
    queryKey: ["preview", row.id],
    queryFn: ({ signal }) => getJson<RunPage>(`/api/dashboard/runs/${encodeURIComponent(row.id)}`, signal),
    gcTime: 0,
  });
  const read = query.data?.detail;
  const detail = live && live.outputType !== "application/store" && (!read || live.version >= read.version) ? live : read;
  return (
    <div className="flex flex-col gap-4">
      <div>
        <StatusBadge run={row} />
        <p className="mt-1 text-lg font-semibold break-words">
          <OthersText text={row.task} />
        </p>
        <CopyValue text={row.id} className="text-sm" />
      </div>
      {row.error ? (
        <p className="rounded bg-bad-soft px-2 py-1 break-words text-bad">
          <OthersText text={row.error.message} />
        </p>
      ) : null}
      {row.progress?.value === undefined ? null : (
        <Progress value={row.progress.value} tone={isFinal(row.status) ? lookOf(row).tone : "moving"} />
      )}
      {row.progress?.label === undefined ? null : <OthersText text={row.progress.label} className="text-muted" />}
      <Facts
        facts={[
          ["Created", <Ago key="created" at={row.createdAt} />],
          ["Took", row.startedAt ? <Took key="took" from={row.startedAt} to={row.finishedAt} className="font-mono" /> : "not started"],
          ["Attempt", `${row.attempt}${row.maxAttempts === undefined ? "" : ` of ${row.maxAttempts}`}`],
          ["Queue", <OthersText key="queue" text={row.queue} />],
        ]}
      />
      {row.tags.length === 0 ? null : (
        <div className="flex flex-wrap gap-1">
          {row.tags.map((tag) => (
            <TagLabel key={tag} tag={tag} />
          ))}
        </div>
      )}
      {query.isError ? (
        <ErrorState title="The run could not be read" detail={messageOf(query.error)} onRetry={() => void query.refetch()} />
      ) : null}
      {detail ? (
        <>
          <Data title="Payload" text={detail.payload} type={detail.payloadType} />
          {detail.metadata === null ? null : <Data title="Metadata" text={detail.metadata} type="application/json" />}
          {detail.output === null ? null : <Data title="Output" text={detail.output} type={detail.outputType} />}
        </>
      ) : query.isPending ? (
        <Skeleton className="h-24" />
      ) : null}
    </div>
  );
}

const Data = ({ title, text, type }: { title: string; text: string | null; type: string }) => (
  <section>
    <h3 className="mb-1 text-sm text-faint">{title}</h3>
    <JsonView text={text} type={type} />
  </section>
);
