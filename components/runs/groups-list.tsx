"use client";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Layers } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useGo } from "@/components/frame/leaving";
import { useShortcut } from "@/components/frame/shortcuts";
import { getJson, messageOf } from "@/components/live/api";
import { useCounts, usePaced, usePolling, useTint } from "@/components/live/hooks";
import { Ago } from "@/components/live/time";
import { cn } from "@/components/ui/cn";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { SkeletonRows } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/state";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import { limits } from "@/lib/contracts/limits";
import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunGroup, RunGroupsPage } from "@/lib/contracts/run-groups";
import type { Grouping } from "@/lib/runs/run-columns";
import { addValue, filterParams, setSingle, viewToParams, type RunsView } from "@/lib/runs/run-filter";
import { formatCount, plural } from "@/lib/view/format";
import { StateBar, statesText, statesWords } from "./state-bar";

/** Counts follow news of runs at most this often. */
const refreshMs = 2_000;

const words: Record<Grouping, { one: string; many: string; without: string; empty: string }> = {
  error: { one: "error", many: "Error", without: "ended without an error or have not ended", empty: "No run of this filter has failed" },
  task: { one: "task", many: "Task", without: "", empty: "No run fits these filters" },
  tag: { one: "tag", many: "Tag", without: "have no tag", empty: "No run of this filter has a tag" },
};

/** The list of the same filter with this group's runs alone. */
function pathOf(view: RunsView, by: Grouping, key: string): string {
  const next = by === "error" ? setSingle(view, "error", key) : addValue(by === "task" ? { ...view, task: [] } : view, by, key);
  return `/runs?${viewToParams(next)}`;
}

/** How many runs of a filter have the same error, task or tag; each leads to its runs. */
export function GroupsList({ by, view, filter }: { by: Grouping; view: RunsView; filter: RunFilter }) {
  const queries = useQueryClient();
  const go = useGo();
  const { interval, measure } = usePolling();
  const params = filterParams(filter);
  params.set("by", by);
  const queryKey = ["groups", params.toString()];
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) => measure(() => getJson<RunGroupsPage>(`/api/dashboard/groups?${params}`, signal)),
    refetchInterval: interval,
    placeholderData: keepPreviousData,
  });
  const news = usePaced(useCounts().data, refreshMs);
  useEffect(() => {
    if (news !== undefined) void queries.invalidateQueries({ queryKey: ["groups"] });
  }, [news, queries]);

  const [cursor, setCursor] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const groups = query.data?.groups ?? [];
  const move = (step: number) => (): void => {
    if (groups.length === 0) return;
    const next = cursor === null ? 0 : Math.min(groups.length - 1, Math.max(0, cursor + step));
    setCursor(next);
    body.current?.children[next]?.scrollIntoView({ block: "nearest" });
    // Else Enter would press the button that was used last.
    box.current?.focus({ preventScroll: true });
  };
  const current = cursor === null ? undefined : groups[cursor];
  useShortcut("j", { label: "Next group", group: "Runs", run: move(1) });
  useShortcut("k", { label: "Previous group", group: "Runs", run: move(-1) });
  useShortcut("enter", { label: "Runs of the group", group: "Runs", run: () => current && go(pathOf(view, by, current.key)) });

  if (query.data === undefined)
    return query.error === null ? (
      <SkeletonRows rows={12} />
    ) : (
      <ErrorState
        className="m-4"
        title="The groups could not be read"
        detail={messageOf(query.error)}
        onRetry={() => void query.refetch()}
      />
    );
  const { counted, more, without, others } = query.data;
  if (groups.length === 0) return <EmptyState icon={<Layers />} title={words[by].empty} />;
  return (
    <div ref={box} tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
      {query.error === null ? null : (
        <ErrorState
          className="m-4"
          title="The groups could not be read again"
          detail={messageOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      <p className="px-4 py-1.5 text-sm text-muted">
        {more ? `The newest ${formatCount(counted)} runs of the filter, ` : `All ${plural(counted, "run")} of the filter, `}by{" "}
        {words[by].one}.{without > 0 ? ` ${formatCount(without)} of them ${words[by].without}.` : ""}
        {by === "tag" ? " A run counts under each of its tags." : ""}
        {others > 0 ? ` The ${limits.runGroups} largest groups; ${formatCount(others)} smaller ones are not shown.` : ""}
      </p>
      <Table>
        <thead>
          <tr>
            <Th>{words[by].many}</Th>
            <Th className="text-right">Runs</Th>
            <Th className="max-sm:hidden">States</Th>
            <Th className="text-right">Newest</Th>
          </tr>
        </thead>
        <tbody ref={body}>
          {groups.map((group, index) => (
            <Line key={group.key} by={by} group={group} atCursor={index === cursor} path={pathOf(view, by, group.key)} />
          ))}
        </tbody>
      </Table>
    </div>
  );
}

function Line({ by, group, atCursor, path }: { by: Grouping; group: RunGroup; atCursor: boolean; path: string }) {
  const tinted = useTint(group.total);
  return (
    <Tr
      data-group={group.key}
      aria-current={atCursor || undefined}
      className={cn("relative", atCursor && "bg-hover shadow-[inset_2px_0_0_var(--accent)]")}
    >
      <Td className="h-9 w-full max-w-0">
        <Link href={path} prefetch={false} className="block truncate font-medium after:absolute after:inset-0 hover:underline">
          <OthersText text={group.title ?? group.key} whole="on hover" />
        </Link>
        {by === "error" ? (
          <span className="block truncate pb-1 font-mono text-sm text-faint">
            <OthersText text={`${group.newest.error?.name ?? "Error"} in ${group.newest.task}`} />
          </span>
        ) : null}
      </Td>
      <Td className={cn("text-right font-mono", tinted && "tint")}>{formatCount(group.total)}</Td>
      <Td className="whitespace-nowrap max-sm:hidden">
        <span className="flex items-center gap-2" title={statesWords(group)}>
          <StateBar states={group} className="w-24" />
          <span className={cn("text-sm", group.failed > 0 ? "text-bad" : "text-muted")}>{statesText(group, false)}</span>
        </span>
      </Td>
      <Td className="text-right whitespace-nowrap text-muted">
        <Ago at={group.lastAt} />
      </Td>
    </Tr>
  );
}
