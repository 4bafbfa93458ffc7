"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Bug, Search } from "lucide-react";
import { useUrlState } from "@/components/frame/url-state";
import { getJson, messageOf } from "@/components/live/api";
import { usePolling, useReadAgain, useTint } from "@/components/live/hooks";
import { Ago } from "@/components/live/time";
import { cn } from "@/components/ui/cn";
import { Input } from "@/components/ui/input";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { PanelHead } from "@/components/ui/page";
import { SkeletonRows } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/state";
import { ShowOlder } from "@/components/ui/show-older";
import { Spark } from "@/components/ui/spark";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import { toneText } from "@/components/ui/tone";
import type { ErrorsPage, ListedError } from "@/lib/contracts/error-group";
import { formatCount, plural } from "@/lib/view/format";
import { ErrorFilters } from "./error-filters";
import { errorsQuery, hoursWords, viewOfErrors } from "./error-query";
import { errorLook } from "./words";

export function ErrorsView({ initial, initialQuery }: { initial: ErrorsPage; initialQuery: string }) {
  const [params, set] = useUrlState("replace");
  const view = viewOfErrors(params);
  const search = errorsQuery(view).toString();
  const { interval, measure } = usePolling();
  const queryKey = ["errors", search];
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      measure(() =>
        getJson<ErrorsPage>(
          `/api/dashboard/errors?${search}${pageParam === null ? "" : `&cursor=${encodeURIComponent(pageParam)}`}`,
          signal,
        ),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
    refetchInterval: interval,
    placeholderData: (held) => held,
    ...(search === initialQuery && { initialData: { pages: [initial], pageParams: [null] } }),
  });
  useReadAgain("errors", queryKey);
  const pages = query.data?.pages ?? [];
  // Pages are read one after the other: an error that is seen meanwhile may come twice.
  const errors = [...new Map(pages.flatMap((page) => page.errors).map((error) => [error.id, error])).values()];
  const [first] = pages;
  const isFiltered = view.task !== "" || view.version !== "" || view.search !== "";

  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <PanelHead title="Errors" detail={`failed runs that are the same, last seen first, ${hoursWords[view.hours]}`}>
        <ErrorFilters view={view} tasks={first?.tasks ?? []} versions={first?.versions ?? []} onChange={set} />
        <div className="relative">
          <Search aria-hidden className="absolute top-2 left-2 size-3.5 text-faint" />
          <Input
            value={view.search}
            maxLength={200}
            onChange={(event) => set({ search: event.target.value === "" ? null : event.target.value })}
            placeholder="Search"
            aria-label="Search errors"
            className="h-7 w-40 pl-7"
          />
        </div>
      </PanelHead>
      {query.error === null ? null : (
        <ErrorState
          className="m-4"
          title="The errors could not be read"
          detail={messageOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isPending ? (
        <SkeletonRows rows={10} rowClass="h-12" />
      ) : errors.length === 0 ? (
        <EmptyState icon={<Bug />} title={isFiltered || view.state !== "open" ? "No error fits" : "No open errors"}>
          {isFiltered || view.state !== "open"
            ? "Another state, task or time may have some."
            : "When a run fails for good, it is counted here together with those that failed the same way."}
        </EmptyState>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Error</Th>
              <Th className="max-lg:hidden">Task</Th>
              <Th className="max-sm:hidden">State</Th>
              <Th className="max-md:hidden">Trend</Th>
              <Th className="text-right">Seen</Th>
              <Th className="max-xl:hidden">Version</Th>
              <Th>Last seen</Th>
              <Th className="max-lg:hidden">First seen</Th>
            </tr>
          </thead>
          <tbody>
            {errors.map((error) => (
              <Line key={error.id} error={error} period={hoursWords[view.hours]} />
            ))}
          </tbody>
        </Table>
      )}
      <ShowOlder query={query} />
    </div>
  );
}

function Line({ error, period }: { error: ListedError; period: string }) {
  const tinted = useTint(error.count);
  const look = errorLook[error.status];
  return (
    <Tr data-error={error.id}>
      <Td className="h-12 w-full max-w-0">
        <Link href={`/errors/${error.id}`} prefetch={false} className="block truncate font-medium hover:underline">
          <OthersText text={error.message === "" ? "(no message)" : error.message} whole="on hover" />
        </Link>
        <span className="block truncate font-mono text-sm text-faint">
          <OthersText text={error.name ?? "Error"} />
          <span className="lg:hidden">
            {" in "}
            <OthersText text={error.task} />
          </span>
        </span>
      </Td>
      <Td className="max-w-48 truncate font-mono text-sm max-lg:hidden">
        <OthersText text={error.task} whole="on hover" />
      </Td>
      <Td className={cn("whitespace-nowrap max-sm:hidden", toneText[look.tone])}>{look.word}</Td>
      <Td className="max-md:hidden">
        <Spark color="var(--bad-bar)" values={error.trend} words={`Seen ${plural(error.inPeriod, "time")} in ${period}`} />
      </Td>
      <Td className={cn("text-right font-mono", tinted && "tint")} title={`${plural(error.count, "time")} in all`}>
        {formatCount(error.inPeriod)}
      </Td>
      <Td className="max-w-32 truncate font-mono text-sm text-muted max-xl:hidden">{error.lastVersion ?? "–"}</Td>
      <Td className="whitespace-nowrap text-muted">
        <Ago at={error.lastSeen} />
      </Td>
      <Td className="whitespace-nowrap text-muted max-lg:hidden">
        <Ago at={error.firstSeen} />
      </Td>
    </Tr>
  );
}
