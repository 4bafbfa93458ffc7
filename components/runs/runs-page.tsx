"use client";
import { useQuery } from "@tanstack/react-query";
import { ArrowUp, PanelRight } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useGo } from "@/components/frame/leaving";
import { useHold } from "@/components/frame/held";
import { useShortcut } from "@/components/frame/shortcuts";
import { getJson, messageOf } from "@/components/live/api";
import { IconButton } from "@/components/ui/button";
import { lazily } from "@/components/ui/lazily";
import { SkeletonRows } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/state";
import type { Facets, RunsPage as Page } from "@/lib/contracts/dashboard";
import { plural } from "@/lib/view/format";
import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { filterKey, matchesFilter } from "@/lib/runs/match-run";
import { addValue, toRunFilter, type RunsView } from "@/lib/runs/run-filter";
import { ActivityStrip } from "./activity-strip";
import { RunsEmpty } from "./empty";
import { FilterInput } from "./filter-input";
import { FilterMenus } from "./filter-menus";
import { ListActions } from "./list-actions";
import { place } from "./place";
import { useListLook, type ListLookState } from "./list-look";
import { layoutOf } from "./run-line";
import { RunTable, type RunTableHandle } from "./run-table";
import { FamiliesContext, useFamilies } from "./use-families";
import { useLetIn } from "./use-let-in";
import { useRowSelection } from "./use-row-cursor";
import { useFilter, useRuns, type RunsList } from "./use-runs";
import { useRunsViewState } from "./use-runs-view";
import { useValues, ValuesContext } from "./use-values";

const BulkBar = lazily(async () => (await import("./bulk-bar")).BulkBar);
const GroupsList = lazily(
  async () => (await import("./groups-list")).GroupsList,
  () => <SkeletonRows rows={12} />,
);
const Preview = lazily(
  async () => (await import("./preview")).Preview,
  () => <aside className="hidden w-96 shrink-0 border-l border-line lg:block" />,
);

export interface RunsPageProps {
  /** What the server rendered for: filter, first rows, facets and its time. */
  view: RunsView;
  page: Page;
  facets: Facets;
  now: number;
}

export function RunsPage(initial: RunsPageProps) {
  const [view, setView] = useRunsViewState();
  const filter = useFilter(view, initial.now);
  const [initialKey] = useState(() => filterKey(toRunFilter(initial.view, initial.now)));
  const runs = useRuns(filter, { key: initialKey, page: initial.page });
  const [preview, setPreview] = useState(false);
  const look = useListLook();
  const facets = useQuery({
    queryKey: ["facets"],
    queryFn: ({ signal }) => getJson<Facets>("/api/dashboard/facets", signal),
    initialData: initial.facets,
    staleTime: 60_000,
  });
  return (
    <>
      <div className="flex shrink-0 flex-wrap items-start gap-x-2 gap-y-1 border-b border-line px-4 py-1.5">
        <FilterInput view={view} onChange={setView} facets={facets.data} />
        <FilterMenus view={view} onChange={setView} facets={facets.data} />
        <ListActions view={view} filter={filter} look={look} />
        <IconButton
          label={preview ? "Close preview" : "Preview"}
          hint="Space"
          aria-pressed={preview}
          className="hidden lg:inline-flex"
          onClick={() => setPreview(!preview)}
        >
          <PanelRight className="size-4" />
        </IconButton>
      </div>
      <ActivityStrip view={view} filter={filter} onChange={setView} />
      {look.group === null ? (
        <List
          key={filterKey(filter)}
          view={view}
          filter={filter}
          look={look}
          runs={runs}
          onChange={setView}
          preview={preview}
          onPreview={setPreview}
        />
      ) : (
        <GroupsList key={look.group} by={look.group} view={view} filter={filter} />
      )}
    </>
  );
}

interface ListProps {
  view: RunsView;
  filter: RunFilter;
  look: ListLookState;
  runs: RunsList;
  onChange: (next: RunsView) => void;
  preview: boolean;
  onPreview: (preview: boolean) => void;
}

function List({ view, filter, look, runs, onChange, preview, onPreview }: ListProps) {
  const go = useGo();
  const key = filterKey(filter);
  const [back] = useState(() => (place.getSnapshot()?.key === key ? place.getSnapshot() : null));
  const [visible, setVisible] = useState<readonly string[]>([]);
  const { families, lines } = useFamilies(runs.rows, visible);
  const values = useValues(look.columns, visible);
  const layout = useMemo(() => layoutOf(look.columns, look.compact), [look.columns, look.compact]);
  const rows = useMemo(() => lines.map((line) => line.row), [lines]);
  const selection = useRowSelection(rows, back?.cursor ?? null);
  const [touched, setTouched] = useState(back !== null && back.scrollTop > 0);
  const table = useRef<RunTableHandle>(null);
  const selected = useMemo(() => rows.filter((row) => selection.selected.has(row.id)), [rows, selection.selected]);
  const isSelecting = selected.length > 0;
  const still = isSelecting || touched || selection.cursor !== null;
  useHold(
    isSelecting
      ? { why: "Rows are selected, so the list stands still. Statuses go on changing in place.", news: runs.fresh }
      : still && runs.fresh > 0
        ? { why: "New runs wait, so that nothing moves under you.", news: runs.fresh }
        : null,
  );

  const { reveal, fresh } = runs;
  useLetIn(!still && (fresh > 0 || runs.freshIsPart), reveal);
  const waits = (still || runs.stuck) && (fresh > 0 || runs.freshIsPart);
  const freshText = `${fresh}${runs.freshIsPart ? "+" : ""}`;

  const move = (step: number) => () => {
    const next = selection.cursor === null ? 0 : Math.min(rows.length - 1, Math.max(0, selection.cursor + step));
    selection.moveTo(next);
    table.current?.walkTo(next);
  };
  const current = selection.cursor === null ? undefined : rows[selection.cursor];
  useShortcut("j", { label: "Next run", group: "Runs", run: move(1) });
  useShortcut("k", { label: "Previous run", group: "Runs", run: move(-1) });
  useShortcut("arrowdown", { label: "Next run", group: "Runs", run: move(1) });
  useShortcut("arrowup", { label: "Previous run", group: "Runs", run: move(-1) });
  const fold = (open: boolean) => () => {
    if (current && families.of(current.id) !== undefined && families.isOpen(current.id) !== open) families.toggle(current.id);
  };
  useShortcut("arrowright", { label: "Open child runs", group: "Runs", run: fold(true) });
  useShortcut("arrowleft", { label: "Close child runs", group: "Runs", run: fold(false) });
  useShortcut("enter", { label: "Open run", group: "Runs", run: () => current && go(`/runs/${current.id}`) });
  useShortcut("x", {
    label: "Select run",
    group: "Runs",
    run: () => selection.cursor !== null && selection.select(selection.cursor, "one"),
  });
  useShortcut("shift+x", {
    label: "Select up to here",
    group: "Runs",
    run: () => selection.cursor !== null && selection.select(selection.cursor, "range"),
  });
  useShortcut("space", { label: "Preview", group: "Runs", run: () => onPreview(!preview) });
  useShortcut("escape", { label: "Let the list move again", group: "Runs", run: () => selection.moveTo(null) });
  useShortcut("n", { label: "Show new runs", group: "Runs", run: () => show() });

  function show(): void {
    reveal();
    selection.moveTo(null);
    table.current?.toTop();
  }

  useLeavePlace({ key, rows, cursor: rows[selection.cursor ?? -1]?.id ?? null, scrollTop: () => table.current?.scrollTop() ?? 0 });

  const onVisible = useCallback((ids: readonly string[]) => setVisible(ids), []);
  const { watch, loadMore, hasMore, loadingMore, moreError } = runs;
  useWatch(watch, visible);
  const fits = useCallback((row: RunRow) => matchesFilter(row, filter), [filter]);
  const onTag = useCallback((tag: string) => onChange(addValue(view, "tag", tag)), [onChange, view]);

  if (runs.loading) return <SkeletonRows rows={20} />;
  if (runs.error && runs.rows.length === 0)
    return <ErrorState className="m-4" title="Runs could not be read" detail={messageOf(runs.error)} onRetry={runs.retry} />;
  if (runs.rows.length === 0 && fresh === 0) return <RunsEmpty view={view} onChange={onChange} />;
  return (
    <FamiliesContext value={families}>
      <ValuesContext value={values}>
        <div className="relative flex min-h-0 flex-1">
          {isSelecting ? (
            <BulkBar
              runs={selected}
              filter={filter}
              more={runs.hasMore && selected.length >= rows.length}
              news={fresh}
              onClear={selection.clear}
            />
          ) : null}
          <RunTable
            handle={table}
            back={back}
            lines={lines}
            layout={layout}
            selection={selection}
            onTag={onTag}
            fits={fits}
            onVisible={onVisible}
            onTouched={setTouched}
            // One that failed is asked for again by the operator alone.
            more={moreError ? "failed" : !hasMore ? "none" : loadingMore ? "loading" : "there"}
            onMore={loadMore}
            overlay={
              <>
                {waits ? (
                  <button
                    type="button"
                    onClick={show}
                    className="appear absolute top-10 left-1/2 z-30 flex h-7 -translate-x-1/2 items-center gap-1.5 rounded-full bg-inverse px-3 font-medium text-inverse-fg shadow-float"
                  >
                    <ArrowUp aria-hidden className="size-3.5" />
                    {freshText} new
                  </button>
                ) : null}
                <output className="sr-only">{waits ? `${plural(fresh, "new run")} above the list` : ""}</output>
              </>
            }
          />
          {preview ? <Preview row={current ?? rows[0]} onClose={() => onPreview(false)} /> : null}
        </div>
      </ValuesContext>
    </FamiliesContext>
  );
}

interface Left {
  key: string;
  rows: readonly RunRow[];
  cursor: string | null;
  scrollTop: () => number;
}

/** Notes where the list was when it goes. */
function useLeavePlace(now: Left): void {
  const latest = useRef(now);
  useLayoutEffect(() => {
    latest.current = now;
  });
  useLayoutEffect(() => {
    // The address of the list: at the end it is that of the next page already.
    const { search } = location;
    return () => {
      const { key, rows, cursor, scrollTop } = latest.current;
      place.set({ key, search, ids: rows.map((row) => row.id), cursor, scrollTop: scrollTop() });
    };
  }, []);
}

/** Scrolling changes what is visible with every row; the server hears when it rests. */
const restMs = 120;

function useWatch(watch: RunsList["watch"], visible: readonly string[]): void {
  const latest = useRef(watch);
  useEffect(() => {
    latest.current = watch;
  });
  useEffect(() => {
    let end: (() => void) | undefined;
    const timer = setTimeout(() => {
      end = latest.current(visible);
    }, restMs);
    return () => {
      clearTimeout(timer);
      end?.();
    };
  }, [visible]);
}
