import { createStore } from "@/lib/view/store";

/** Where somebody was in a list of runs when they opened one of them. */
export interface Place {
  /** What the list's filter means (`filterKey`), and its address. */
  key: string;
  search: string;
  /** Its rows, top first. */
  ids: readonly string[];
  /** Row under the keyboard. */
  cursor: string | null;
  scrollTop: number;
}

/** Of this tab: the way back from a run, to its neighbours, and to the same place of the list. */
export const place = createStore<Place | null>(null);

/** The runs before and after this one in the list that it was opened from. */
export function neighboursOf(
  left: Place | null,
  id: string,
): { previous: string | undefined; next: string | undefined; position: number; of: number } | null {
  const at = left?.ids.indexOf(id) ?? -1;
  return left === null || at === -1 ? null : { previous: left.ids[at - 1], next: left.ids[at + 1], position: at + 1, of: left.ids.length };
}
