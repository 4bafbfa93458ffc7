"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { getJson, messageOf } from "@/components/live/api";
import { usePolling, useReadAgain } from "@/components/live/hooks";
import { Button } from "@/components/ui/button";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { PanelHead } from "@/components/ui/page";
import { Segmented } from "@/components/ui/segmented";
import { SkeletonRows } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/state";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import { toneText, type Tone } from "@/components/ui/tone";
import type { BulkItem, BulkItems as Items } from "@/lib/contracts/bulk";
import { bulkOutcomes } from "@/lib/contracts/bulk-verbs";
import { bulkPath } from "./use-bulk";

type Outcome = NonNullable<BulkItem["outcome"]>;
const looks: Record<Outcome, { word: string; tone: Tone }> = {
  done: { word: "Done", tone: "good" },
  skipped: { word: "Left alone", tone: "idle" },
  failed: { word: "Failed", tone: "bad" },
};
const shownOutcomes = ["all", ...bulkOutcomes] as const;

/** What came of each run, in the order in which they are worked on. */
export function BulkItems({ id }: { id: string }) {
  const [outcome, setOutcome] = useState<(typeof shownOutcomes)[number]>("all");
  const { interval, measure } = usePolling();
  const queryKey = ["bulk-items", id, outcome];
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      measure(() =>
        getJson<Items>(
          `${bulkPath(id)}/items?${new URLSearchParams({ after: String(pageParam), ...(outcome !== "all" && { outcome }) })}`,
          signal,
        ),
      ),
    initialPageParam: -1,
    getNextPageParam: (page) => page.next ?? null,
    refetchInterval: interval,
  });
  useReadAgain("bulk", queryKey);
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-label="Runs of this action">
      <PanelHead title="Runs">
        <Segmented
          label="Outcome"
          value={outcome}
          onChange={setOutcome}
          options={shownOutcomes.map((value) => ({ value, label: value === "all" ? "All" : looks[value].word }))}
        />
      </PanelHead>
      {query.isPending ? (
        <SkeletonRows rows={10} />
      ) : query.error !== null && items.length === 0 ? (
        <ErrorState
          className="m-4"
          title="The runs could not be read"
          detail={messageOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      ) : items.length === 0 ? (
        <p className="px-4 py-6 text-center text-faint">{outcome === "all" ? "No run matched." : "None of them."}</p>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Run</Th>
              <Th>Outcome</Th>
              <Th>Run made</Th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <Line key={item.seq} item={item} />
            ))}
          </tbody>
        </Table>
      )}
      {query.hasNextPage ? (
        <div className="p-3 text-center">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      ) : null}
    </section>
  );
}

const RunLink = ({ id }: { id: string }) => (
  <Link href={`/runs/${encodeURIComponent(id)}`} prefetch={false} className="font-mono text-sm hover:underline">
    <OthersText text={id} />
  </Link>
);

function Line({ item }: { item: BulkItem }) {
  const look = item.outcome === undefined ? null : looks[item.outcome];
  return (
    <Tr data-item={item.runId}>
      <Td className="max-w-64 truncate">
        <RunLink id={item.runId} />
      </Td>
      <Td>
        {look === null ? <span className="text-faint">Waits for its turn</span> : <span className={toneText[look.tone]}>{look.word}</span>}
        {item.reason === undefined ? null : <OthersText text={item.reason} className="ml-2 text-muted" />}
      </Td>
      <Td className="max-w-64 truncate">{item.made === undefined ? <span className="text-faint">–</span> : <RunLink id={item.made} />}</Td>
    </Tr>
  );
}
