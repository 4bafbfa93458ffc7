import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { byCreation } from "@/lib/runs/list-place";
import { matchesFilter } from "@/lib/runs/match-run";
import type { RunStore } from "../run-store";
import type { Sync } from "../sync";
import { createTopicView, type TopicView, type View } from "./view";

export interface RunsState {
  /** Newest version of the rows that are visible, on the first page, or fresh. Lay them over the rows of the page. */
  rows: ReadonlyMap<string, RunRow>;
  /** Ids of the first page of the list as of the last reset, newest first. */
  head: readonly string[];
  /** Matching runs that are not on the screen and came since the last `acknowledge`, newest first: the pill's "7 new". */
  fresh: readonly string[];
  /** More came than are in `fresh`: between these and what was acknowledged the list has to be read. */
  gap: boolean;
}

export interface RunsView extends View<RunsState> {
  /** Ids that are on the screen now; the returned function takes them back. Several lists may share one view. */
  watch(ids: readonly string[]): () => void;
  /** Ids that the list holds, on the screen or not: their changes are no news. */
  holds(ids: ReadonlySet<string>): void;
  /** The operator has seen the list as it is now, whose newest run was created at `newest` (ISO): nothing is fresh. */
  acknowledge(newest: string | undefined): void;
}

/** A list takes no more rows at once (lib/runs/run-pages.ts): beyond, it is read again. */
export const keptFresh = 500;
const visibleLimit = 500;
const empty: RunsState = { rows: new Map(), head: [], fresh: [], gap: false };

export function createRunsView(options: { sync: Sync; runs: RunStore; filter: RunFilter; onIdle: () => void }): RunsView {
  const { sync, runs, filter } = options;
  const watched = new Map<object, readonly string[]>();
  let listed: ReadonlySet<string> = new Set();
  /** Creation time of the newest run that the operator has seen, and the runs of that time: those of one batch share it. */
  let seen: string | undefined;
  let seenIds: ReadonlySet<string> = new Set();

  function see(newest: string, rows: Iterable<RunRow>): void {
    const ids = [...rows].filter((row) => row.createdAt === newest).map((row) => row.id);
    seenIds = new Set(newest === seen ? [...seenIds, ...ids] : ids);
    seen = newest;
  }

  const visible = () => [...new Set([...watched.values()].flat())].slice(0, visibleLimit);
  /** After a reconnect the server does not know what it announced before. */
  const visibleAndFresh = () => [...new Set([...visible(), ...view.getSnapshot().data.fresh])].slice(0, visibleLimit);

  /** What came, with the newest versions that are known; undefined when the view holds all of it already. */
  function newsOf(held: RunsState, incoming: readonly RunRow[]): RunRow[] {
    runs.apply(incoming);
    // Compared with what this view holds: another view may have brought the same version to `runs` before.
    return incoming.map((row) => runs.newest(row)).filter((row) => row.version !== held.rows.get(row.id)?.version);
  }

  /** The next state: `news` over what is held, `candidates` fresh where they are; rows that have no place are let go. */
  function stateOf(
    held: RunsState,
    { news, head, candidates }: { news: readonly RunRow[]; head: readonly string[]; candidates: readonly string[] },
  ): RunsState {
    const known = new Map(news.map((row) => [row.id, row]));
    const rowOf = (id: string) => known.get(id) ?? held.rows.get(id);
    const onScreen = new Set(visible());
    const changed = new Set([...candidates, ...(known.size === 0 ? [] : held.fresh.filter((id) => known.has(id)))]);
    const isHeld = (id: string) => onScreen.has(id) || listed.has(id);
    const isFresh = (row: RunRow | undefined): row is RunRow => row !== undefined && !isHeld(row.id) && matchesFilter(row, filter);
    const added = [...changed].map(rowOf).filter(isFresh).toSorted(byCreation);
    // In their order already, and looked at before.
    const kept = held.fresh.flatMap((id) => (changed.has(id) || isHeld(id) ? [] : (rowOf(id) ?? [])));
    const found = merged(added, kept);
    const fresh = found.slice(0, keptFresh);
    const rows = new Map(fresh.map((row) => [row.id, row]));
    for (const id of [...head, ...onScreen]) {
      const row = rowOf(id);
      if (row) rows.set(id, row);
    }
    return { rows, head, fresh: fresh.map((row) => row.id), gap: held.gap || found.length > keptFresh };
  }

  const view: TopicView<RunsState> = createTopicView<RunsState, "runs">({
    sync,
    topic: () => ({ kind: "runs", filter, visible: visibleAndFresh() }),
    onIdle: options.onIdle,
    reducer: {
      empty,
      snapshot(held, data) {
        const news = newsOf(held, data.rows);
        const known = new Map(data.rows.map((row) => [row.id, row]));
        const created = (id: string) => known.get(id)?.createdAt ?? held.rows.get(id)?.createdAt ?? "";
        const head = data.head ?? held.head;
        if (seen === undefined && head.length > 0)
          see(
            head.reduce((last, id) => (created(id) > last ? created(id) : last), ""),
            data.rows,
          );
        const isNewer = (id: string) => seen === undefined || created(id) > seen || (created(id) === seen && !seenIds.has(id));
        const newer = (data.head ?? data.rows.map((row) => row.id)).filter(isNewer);
        const last = data.head?.at(-1);
        const next = stateOf(held, { news, head, candidates: newer });
        // A first page of which all is newer does not say what lies between it and what was seen.
        return last !== undefined && seen !== undefined && created(last) > seen ? { ...next, gap: true } : next;
      },
      message(held, message) {
        if (message.type !== "rows") return held;
        const news = newsOf(held, message.rows);
        const inHead = new Set(held.head);
        const candidates = message.rows.map((row) => row.id).filter((id) => !inHead.has(id));
        return news.length === 0 && candidates.every((id) => held.fresh.includes(id))
          ? held
          : stateOf(held, { news, head: held.head, candidates });
      },
    },
  });

  function replace(next: (held: RunsState) => RunsState): void {
    const held = view.store.getSnapshot();
    const data = next(held.data);
    const isSame =
      data.gap === held.data.gap &&
      data.rows.size === held.data.rows.size &&
      data.fresh.length === held.data.fresh.length &&
      data.fresh.every((id, i) => id === held.data.fresh[i]);
    if (!isSame) view.store.set({ ...held, data });
  }

  return {
    subscribe: view.subscribe,
    getSnapshot: view.getSnapshot,
    watch(ids) {
      const owner = {};
      watched.set(owner, ids);
      view.subscription()?.watch(visible());
      // What the list holds itself is its page's: here are only changes of it.
      replace((held) =>
        stateOf(held, { news: ids.flatMap((id) => (held.rows.has(id) ? [] : (runs.get(id) ?? []))), head: held.head, candidates: [] }),
      );
      return () => {
        watched.delete(owner);
        // What replaces it is watched in the same turn: one message, and never an empty list in between.
        queueMicrotask(() => view.subscription()?.watch(visible()));
      };
    },
    holds(ids) {
      listed = ids;
      replace((held) => stateOf(held, { news: [], head: held.head, candidates: [] }));
    },
    acknowledge(newest) {
      if (newest !== undefined) see(newest, view.getSnapshot().data.rows.values());
      replace((held) => stateOf({ ...held, fresh: [], gap: false }, { news: [], head: held.head, candidates: [] }));
    },
  };
}

/** Two lists, each newest first. */
function merged(a: readonly RunRow[], b: readonly RunRow[]): readonly RunRow[] {
  const [lastOfA, firstOfB] = [a.at(-1), b[0]];
  if (lastOfA === undefined || firstOfB === undefined) return lastOfA === undefined ? b : a;
  return byCreation(lastOfA, firstOfB) < 0 ? [...a, ...b] : [...a, ...b].toSorted(byCreation);
}
