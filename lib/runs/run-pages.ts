import type { RunsPage } from "../contracts/dashboard";
import type { RunRow } from "../contracts/run";
import { byCreation, placeAt } from "./list-place";

/** Pages of a list as the browser's cache holds them: each begins where the one before it ends. */
export interface RunPages {
  pages: RunsPage[];
  pageParams: (string | null)[];
}

export const pageSize = 50;
/** A list into which news are let holds no more: it is at its top, and what falls off its end is read again when somebody scrolls there. */
export const keptRows = 500;

export const rowsOf = (pages: readonly RunsPage[]): RunRow[] => pages.flatMap((page) => page.rows);

/** The same list with `news` in their places, as pages that can be read again and read on. */
export function letIn(pages: readonly RunsPage[], news: readonly RunRow[]): RunPages {
  const byId = new Map(rowsOf(pages).map((row) => [row.id, row]));
  for (const row of news) byId.set(row.id, row);
  const sorted = [...byId.values()].toSorted(byCreation);
  const rows = sorted.slice(0, keptRows);
  const isCut = rows.length < sorted.length;
  const last = rows.at(-1);
  const end = isCut && last ? placeAt("<", last) : pages.at(-1)?.next;
  const result: RunPages = { pages: [], pageParams: [] };
  for (let from = 0; from === 0 || from < rows.length; from += pageSize) {
    const part = rows.slice(from, from + pageSize);
    const lastOfPart = part.at(-1);
    const next = from + pageSize >= rows.length ? end : lastOfPart && placeAt("<", lastOfPart);
    const before = rows[from - 1];
    result.pages.push({ rows: part, ...(next !== undefined && { next }) });
    result.pageParams.push(before ? placeAt("<", before) : null);
  }
  return result;
}
