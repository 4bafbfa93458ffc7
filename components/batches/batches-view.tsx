"use client";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Boxes } from "lucide-react";
import { useEffect } from "react";
import { getJson, messageOf } from "@/components/live/api";
import { useCounts, usePaced, usePolling } from "@/components/live/hooks";
import { Ago, Took } from "@/components/live/time";
import { StateBar, statesText, statesWords } from "@/components/runs/state-bar";
import { cn } from "@/components/ui/cn";
import { CodeBlock } from "@/components/ui/code-block";
import { Link } from "@/components/ui/link";
import { PanelHead } from "@/components/ui/page";
import { EmptyState, ErrorState } from "@/components/ui/state";
import { ShowOlder } from "@/components/ui/show-older";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import { toneText, type Tone } from "@/components/ui/tone";
import type { BatchesPage, ListedBatch } from "@/lib/contracts/batches";
import { plural } from "@/lib/view/format";

/** News of runs are followed at most this often. */
const refreshMs = 2_000;
const queryKey = ["batches"];

const looks: Record<ListedBatch["status"], { word: string; tone: Tone }> = {
  PENDING: { word: "Being sent", tone: "idle" },
  PROCESSING: { word: "Runs", tone: "moving" },
  COMPLETED: { word: "Completed", tone: "good" },
  PARTIAL_FAILED: { word: "Partly made", tone: "needs" },
  ABORTED: { word: "Aborted", tone: "idle" },
};

const example = `await tasks.batchTrigger("send-email", [{ payload: { to: "ada" } }, { payload: { to: "bob" } }]);`;

/** Batches with what their runs do, newest first. */
export function BatchesView({ initial }: { initial: BatchesPage }) {
  const queries = useQueryClient();
  const { interval, measure } = usePolling();
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      measure(() =>
        getJson<BatchesPage>(`/api/dashboard/batches${pageParam === null ? "" : `?${new URLSearchParams({ cursor: pageParam })}`}`, signal),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
    initialData: { pages: [initial], pageParams: [null] },
    refetchInterval: interval,
  });
  const news = usePaced(useCounts().data, refreshMs);
  useEffect(() => {
    if (news !== undefined) void queries.invalidateQueries({ queryKey });
  }, [news, queries]);
  const batches = query.data.pages.flatMap((page) => page.batches);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <PanelHead title="Batches" detail="newest first" />
      {query.error === null ? null : (
        <ErrorState
          className="m-4"
          title="The batches could not be read"
          detail={messageOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {batches.length === 0 ? (
        <EmptyState icon={<Boxes />} title="No batches yet">
          <p>Runs that are triggered together are a batch, which is done when all of them are:</p>
          <CodeBlock code={example} className="mt-3 text-left" />
        </EmptyState>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Batch</Th>
              <Th>State</Th>
              <Th>Runs</Th>
              <Th className="max-lg:hidden">Made by</Th>
              <Th className="max-sm:hidden">Created</Th>
              <Th className="text-right max-md:hidden">Took</Th>
            </tr>
          </thead>
          <tbody>
            {batches.map((batch) => (
              <Line key={batch.id} batch={batch} />
            ))}
          </tbody>
        </Table>
      )}
      <ShowOlder query={query} />
    </div>
  );
}

function Line({ batch }: { batch: ListedBatch }) {
  const { word, tone } = looks[batch.status];
  return (
    <Tr data-batch={batch.id}>
      <Td className="max-w-64 max-sm:max-w-32">
        <Link
          href={`/runs?batch=${batch.id}`}
          prefetch={false}
          className="block truncate font-mono text-sm hover:underline"
          title={batch.id}
        >
          {batch.id}
        </Link>
      </Td>
      <Td
        className={cn("whitespace-nowrap", toneText[tone])}
        title={batch.refused > 0 ? `Of ${plural(batch.refused, "item")} no run was made` : undefined}
      >
        {word}
      </Td>
      <Td>
        <span className="flex items-center gap-2" title={statesWords(batch)}>
          <StateBar states={batch} className="w-24 max-sm:w-12" />
          <span className={cn("whitespace-nowrap text-sm", batch.failed > 0 ? "text-bad" : "text-muted")}>{statesText(batch, false)}</span>
        </span>
      </Td>
      <Td className="max-lg:hidden">
        {batch.parentId === undefined ? (
          <span className="text-faint">the API</span>
        ) : (
          <Link href={`/runs/${batch.parentId}`} prefetch={false} className="font-mono text-sm text-accent hover:underline">
            {batch.parentId.slice(-6)}
          </Link>
        )}
      </Td>
      <Td className="whitespace-nowrap text-muted max-sm:hidden">
        <Ago at={batch.createdAt} />
      </Td>
      <Td className="text-right font-mono text-sm whitespace-nowrap text-muted max-md:hidden">
        <Took from={batch.createdAt} to={batch.completedAt} />
      </Td>
    </Tr>
  );
}
