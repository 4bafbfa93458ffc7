"use client";
import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { ScrollText, Search } from "lucide-react";
import { useEffect } from "react";
import { useUrlState } from "@/components/frame/url-state";
import { getJson, messageOf } from "@/components/live/api";
import { useCounts, usePaced, usePolling } from "@/components/live/hooks";
import { Ago } from "@/components/live/time";
import { Input, NativeSelect } from "@/components/ui/input";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { PanelHead } from "@/components/ui/page";
import { SkeletonRows } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/state";
import { ShowOlder } from "@/components/ui/show-older";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { AuditPage, AuditRow } from "@/lib/contracts/audit";
import { auditAreas } from "@/lib/contracts/audit-areas";
import { areaWords, auditFilter, auditQuery, pageOf } from "./words";

/** Most acts change what runs, of which the socket tells; the record is read again then, at most so often. */
const refreshMs = 3_000;

/** Who did what, newest first. */
export function AuditView({ initial, initialQuery }: { initial: AuditPage; initialQuery: string }) {
  const [params, set] = useUrlState("replace");
  const queries = useQueryClient();
  const { interval, measure } = usePolling();
  const { area, actor } = auditFilter(params);
  const search = auditQuery({ area, actor });
  const query = useInfiniteQuery({
    queryKey: ["audit", search],
    queryFn: ({ pageParam, signal }) =>
      measure(() =>
        getJson<AuditPage>(`/api/dashboard/audit?${search}${pageParam === null ? "" : `&cursor=${encodeURIComponent(pageParam)}`}`, signal),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
    refetchInterval: interval,
    placeholderData: keepPreviousData,
    ...(search === initialQuery && { initialData: { pages: [initial], pageParams: [null] } }),
  });
  const news = usePaced(useCounts().data, refreshMs);
  useEffect(() => {
    if (news !== undefined) void queries.invalidateQueries({ queryKey: ["audit"] });
  }, [news, queries]);
  const entries = query.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <PanelHead title="Audit" detail="who did what, newest first">
        <NativeSelect
          aria-label="Kind of thing"
          value={area}
          onChange={(event) => set({ area: event.target.value === "" ? null : event.target.value })}
          className="h-7 w-36"
        >
          <option value="">Everything</option>
          {auditAreas.map((one) => (
            <option key={one} value={one}>
              {areaWords[one]}
            </option>
          ))}
        </NativeSelect>
        <div className="relative">
          <Search aria-hidden className="absolute top-2 left-2 size-3.5 text-faint" />
          <Input
            value={actor}
            maxLength={200}
            onChange={(event) => set({ actor: event.target.value === "" ? null : event.target.value })}
            placeholder="By whom"
            aria-label="By whom"
            className="h-7 w-40 pl-7"
          />
        </div>
      </PanelHead>
      {query.error === null ? null : (
        <ErrorState
          className="m-4"
          title="The record could not be read"
          detail={messageOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isPending ? (
        <SkeletonRows rows={12} />
      ) : entries.length === 0 ? (
        <EmptyState icon={<ScrollText />} title={search === "" ? "Nobody has done anything yet" : "No act fits"}>
          {search === ""
            ? "Cancels, replays, answers, pauses, changes of keys, people and variables are kept here, with who did them."
            : "Another kind of thing or another name may have some."}
        </EmptyState>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>When</Th>
              <Th>Who</Th>
              <Th>What</Th>
              <Th className="max-sm:hidden">To what</Th>
              <Th className="max-lg:hidden">Detail</Th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <Line key={entry.id} entry={entry} />
            ))}
          </tbody>
        </Table>
      )}
      <ShowOlder query={query} />
    </div>
  );
}

function Line({ entry }: { entry: AuditRow }) {
  const page = pageOf(entry.action, entry.target);
  return (
    <Tr data-audit={entry.id}>
      <Td className="whitespace-nowrap text-muted">
        <Ago at={entry.at} />
      </Td>
      <Td className="max-w-56 truncate max-sm:max-w-28">
        <OthersText text={entry.actor} whole="on hover" />
      </Td>
      <Td className="font-mono text-sm whitespace-nowrap">{entry.action}</Td>
      <Td className="max-w-72 truncate font-mono text-sm max-sm:hidden">
        {page === null ? (
          <OthersText text={entry.target} whole="on hover" className="text-muted" />
        ) : (
          <Link href={page} prefetch={false} className="text-accent hover:underline">
            <OthersText text={entry.target} whole="on hover" />
          </Link>
        )}
      </Td>
      <Td className="max-w-80 truncate text-muted max-lg:hidden">
        {entry.detail === undefined ? null : <OthersText text={entry.detail} whole="on hover" />}
      </Td>
    </Tr>
  );
}
