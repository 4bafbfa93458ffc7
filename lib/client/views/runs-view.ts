import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { matchesFilter } from "@/lib/runs/match-run";
import type { RunStore } from "../run-store";
import type { Sync } from "../sync";
import { createTopicView, type TopicView, type View } from "./view";

export interface RunsState {
  /** Newest version of every row that came: visible ones, the first page, and news. Lay them over the rows of the page. */
  rows: ReadonlyMap<string, RunRow>;
  /** Ids of the first page of the list as of the last reset, newest first. */
  head: readonly string[];
  /** Matching runs that are not on the screen and came since the last `acknowledge`, newest first: the pill's "7 new". */
  fresh: readonly string[];
}

export interface RunsView extends View<RunsState> {
  /** Ids that are on the screen now; the returned function takes them back. Several lists may share one view. */
  watch(ids: readonly string[]): () => void;
  /** The operator has seen the list as it is now, whose newest run was created at `newest` (ISO): nothing is fresh. */
  acknowledge(newest: string | undefined): void;
}

const keptFresh = 1_000;
const visibleLimit = 500;
const empty: RunsState = { rows: new Map(), head: [], fresh: [] };

export function createRunsView(options: { sync: Sync; runs: RunStore; filter: RunFilter; onIdle: () => void }): RunsView {
  const { sync, runs, filter } = options;
  const watched = new Map<object, readonly string[]>();
  /** Creation time of the newest run that the operator has seen. */
  let seen: string | undefined;

  const visible = () => [...new Set([...watched.values()].flat())].slice(0, visibleLimit);
  /** After a reconnect the server does not know what it announced before. */
  const visibleAndFresh = () => [...new Set([...visible(), ...view.getSnapshot().data.fresh])].slice(0, visibleLimit);

  function isFresh(row: RunRow, onScreen: ReadonlySet<string>): boolean {
    return !onScreen.has(row.id) && matchesFilter(row, filter);
  }

  function merge(held: RunsState, incoming: readonly RunRow[]): ReadonlyMap<string, RunRow> {
    runs.apply(incoming);
    // Compared with what this view holds: another view may have brought the same version to `runs` before.
    const news = incoming.map((row) => runs.newest(row)).filter((row) => row.version !== held.rows.get(row.id)?.version);
    if (news.length === 0) return held.rows;
    const rows = new Map(held.rows);
    for (const row of news) rows.set(row.id, row);
    return rows;
  }

  /** `candidates`: ids that came by news or are newer than what was seen. Creation order, newest first. */
  function freshOf(rows: ReadonlyMap<string, RunRow>, candidates: Iterable<string>): string[] {
    const onScreen = new Set(visible());
    const found: RunRow[] = [];
    for (const id of new Set(candidates)) {
      const row = rows.get(id);
      if (row && isFresh(row, onScreen)) found.push(row);
    }
    return found
      .toSorted((a, b) => (a.createdAt === b.createdAt ? (a.id < b.id ? 1 : -1) : a.createdAt < b.createdAt ? 1 : -1))
      .slice(0, keptFresh)
      .map((row) => row.id);
  }

  const view: TopicView<RunsState> = createTopicView<RunsState, "runs">({
    sync,
    topic: () => ({ kind: "runs", filter, visible: visibleAndFresh() }),
    onIdle: options.onIdle,
    reducer: {
      empty,
      snapshot(held, data) {
        const rows = merge(held, data.rows);
        const head = data.head ?? held.head;
        seen ??= head.map((id) => rows.get(id)?.createdAt ?? "").reduce<string | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
        const newer = (data.head ?? data.rows.map((row) => row.id)).filter((id) => (rows.get(id)?.createdAt ?? "") > (seen ?? ""));
        return { rows, head, fresh: freshOf(rows, [...held.fresh, ...newer]) };
      },
      message(held, message) {
        if (message.type !== "rows") return held;
        const rows = merge(held, message.rows);
        const inHead = new Set(held.head);
        const news = message.rows.map((row) => row.id).filter((id) => !inHead.has(id));
        return { rows, head: held.head, fresh: freshOf(rows, [...held.fresh, ...news]) };
      },
    },
  });

  function refresh(fresh: (held: RunsState) => string[]): void {
    const held = view.store.getSnapshot();
    const next = fresh(held.data);
    if (next.length === held.data.fresh.length && next.every((id, i) => id === held.data.fresh[i])) return;
    view.store.set({ ...held, data: { ...held.data, fresh: next } });
  }

  function watchersChanged(): void {
    view.subscription()?.watch(visible());
    refresh((held) => freshOf(held.rows, held.fresh));
  }

  return {
    subscribe: view.subscribe,
    getSnapshot: view.getSnapshot,
    watch(ids) {
      const owner = {};
      watched.set(owner, ids);
      watchersChanged();
      return () => {
        watched.delete(owner);
        // What replaces it is watched in the same turn: one message, and never an empty list in between.
        queueMicrotask(() => view.subscription()?.watch(visible()));
      };
    },
    acknowledge(newest) {
      seen = newest ?? seen;
      refresh(() => []);
    },
  };
}
