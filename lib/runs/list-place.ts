import type { RunRow } from "../contracts/run";

/** Order of every list of runs: newest first, by creation time and then id. */
export const byCreation = (a: RunRow, b: RunRow): number =>
  a.createdAt === b.createdAt ? (a.id < b.id ? 1 : a.id > b.id ? -1 : 0) : a.createdAt < b.createdAt ? 1 : -1;

/** Cursor of the list API at a row: `<` pages towards older rows, `>` towards newer ones. */
export const placeAt = (direction: "<" | ">", row: Pick<RunRow, "createdAt" | "id">): string => `${direction}${row.createdAt}_${row.id}`;
