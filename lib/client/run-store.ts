import type { RunRow } from "@/lib/contracts/run";
import { createStore, type Store, type Subscribable } from "../view/store";

/** Rows that nobody looks at are kept up to here, oldest out first. */
const keptRows = 5_000;

/**
 * The newest known version of every run that any subscription of this client has brought. One place decides what is newer,
 * so that no view can go back in time, whichever road a row came by: snapshot, change or HTTP page.
 */
export interface RunStore {
  /** Takes rows that are newer than what is held; returns those taken. */
  apply(rows: readonly RunRow[]): RunRow[];
  get(id: string): RunRow | undefined;
  /** The newer of a row that a page holds and what is known here. */
  newest(row: RunRow): RunRow;
  /** One run, for one row of a list: notifies only when that run changes. */
  row(id: string): Subscribable<RunRow | undefined>;
  /** Another database or an older backup: what is held is about something else. */
  clear(): void;
}

export function createRunStore(): RunStore {
  const rows = new Map<string, RunRow>();
  const stores = new Map<string, Store<RunRow | undefined>>();

  function take(row: RunRow): boolean {
    const held = rows.get(row.id);
    if (held && held.version >= row.version) return false;
    rows.delete(row.id);
    rows.set(row.id, row);
    stores.get(row.id)?.set(row);
    return true;
  }

  function forgetOldest(): void {
    for (const id of rows.keys()) {
      if (rows.size <= keptRows) return;
      if (!stores.has(id)) rows.delete(id);
    }
  }

  function storeOf(id: string): Store<RunRow | undefined> {
    const found = stores.get(id);
    if (found) return found;
    const store = createStore(rows.get(id));
    stores.set(id, store);
    return store;
  }

  return {
    apply(next) {
      const taken = next.filter(take);
      forgetOldest();
      return taken;
    },
    get: (id) => rows.get(id),
    newest(row) {
      const held = rows.get(row.id);
      return held && held.version > row.version ? held : row;
    },
    row: (id) => ({
      subscribe(listener) {
        const end = storeOf(id).subscribe(listener);
        return () => {
          end();
          if (stores.get(id)?.listeners() === 0) stores.delete(id);
        };
      },
      getSnapshot: () => rows.get(id),
    }),
    clear() {
      rows.clear();
      for (const store of stores.values()) store.set(undefined);
    },
  };
}
