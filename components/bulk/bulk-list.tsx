"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Layers } from "lucide-react";
import { getJson, messageOf } from "@/components/live/api";
import { usePolling, useReadAgain } from "@/components/live/hooks";
import { Ago } from "@/components/live/time";
import { Button } from "@/components/ui/button";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { PanelHead } from "@/components/ui/page";
import { EmptyState, ErrorState } from "@/components/ui/state";
import { ShowOlder } from "@/components/ui/show-older";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import { toneText } from "@/components/ui/tone";
import type { BulkPage, BulkRow } from "@/lib/contracts/bulk";
import { formatCount } from "@/lib/view/format";
import { BulkProgress } from "./bulk-progress";
import { bulkLook, bulkWords, titleOf } from "./words";

const queryKey = ["bulk-actions"];

export function BulkList({ initial }: { initial: BulkPage }) {
  const { interval, measure } = usePolling();
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      measure(() =>
        getJson<BulkPage>(`/api/dashboard/bulk${pageParam === null ? "" : `?${new URLSearchParams({ cursor: pageParam })}`}`, signal),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
    initialData: { pages: [initial], pageParams: [null] },
    refetchInterval: interval,
  });
  useReadAgain("bulk", queryKey);
  const actions = query.data.pages.flatMap((page) => page.actions);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <PanelHead title="Bulk actions" detail="newest first" />
      {query.error === null ? null : (
        <ErrorState
          className="m-4"
          title="The bulk actions could not be read"
          detail={messageOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {actions.length === 0 ? (
        <EmptyState
          icon={<Layers />}
          title="No bulk actions yet"
          action={
            <Button look="primary" asChild>
              <Link href="/runs">Choose runs</Link>
            </Button>
          }
        >
          Select runs on the Runs page, or all that match a filter, and cancel or replay them together. The server works through them, and
          this page keeps what came of each.
        </EmptyState>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Action</Th>
              <Th>State</Th>
              <Th className="w-40">Progress</Th>
              <Th className="text-right max-md:hidden">Left alone</Th>
              <Th className="text-right max-md:hidden">Failed</Th>
              <Th className="max-lg:hidden">By</Th>
              <Th className="max-sm:hidden">Started</Th>
            </tr>
          </thead>
          <tbody>
            {actions.map((row) => (
              <Line key={row.id} row={row} />
            ))}
          </tbody>
        </Table>
      )}
      <ShowOlder query={query} />
    </div>
  );
}

function Line({ row }: { row: BulkRow }) {
  const look = bulkLook[row.status];
  return (
    <Tr data-bulk={row.id}>
      <Td className="h-12 max-w-72 max-sm:max-w-36">
        <Link href={`/bulk/${row.id}`} prefetch={false} className="block truncate font-medium hover:underline">
          <OthersText text={titleOf(row)} whole="on hover" />
        </Link>
        <span className="block truncate text-sm text-faint">{bulkWords[row.action].action}</span>
      </Td>
      <Td className={toneText[look.tone]}>{look.word}</Td>
      <Td>
        <BulkProgress row={row} className="w-32 max-sm:w-20" />
      </Td>
      <Td className="text-right font-mono max-md:hidden">{formatCount(row.skipped)}</Td>
      <Td className={row.failed > 0 ? "text-right font-mono text-bad max-md:hidden" : "text-right font-mono max-md:hidden"}>
        {formatCount(row.failed)}
      </Td>
      <Td className="max-w-44 truncate text-muted max-lg:hidden">
        <OthersText text={row.createdBy} whole="on hover" />
      </Td>
      <Td className="whitespace-nowrap text-muted max-sm:hidden">
        <Ago at={row.createdAt} />
      </Td>
    </Tr>
  );
}
