import { limits } from "@/lib/contracts/limits";
import { pathSteps } from "@/lib/values/metadata";
import { viewFromParams, viewToParams } from "./run-filter";

/** What the Runs page can show of a run without reading its data; the order in which they are offered. */
export const fieldColumns = [
  "status",
  "task",
  "run",
  "tags",
  "progress",
  "started",
  "took",
  "created",
  "finished",
  "queue",
  "key",
  "version",
  "attempts",
  "machine",
  "compute",
  "error",
] as const;
export type FieldColumn = (typeof fieldColumns)[number];

export const valueSources = ["metadata", "payload", "output"] as const;
export type ValueSource = (typeof valueSources)[number];

/** A value inside the data of a run, by its path: `metadata.progress.done`, `output.items[0].name`, `payload['odd key']`. */
export interface ValueColumn {
  source: ValueSource;
  steps: readonly (string | number)[];
}

/** A column as the address has it: the name of a field, or the path of a value. */
export type RunColumn = string;

export const usualColumns: readonly RunColumn[] = ["status", "task", "run", "tags", "progress", "started", "took"];

export const isFieldColumn = (column: RunColumn): column is FieldColumn => fieldColumns.some((field) => field === column);

/** Null: no path of a value. */
export function readValueColumn(text: string): ValueColumn | null {
  const source = valueSources.find((name) => text.startsWith(name));
  if (source === undefined || text.length > limits.columnLength) return null;
  const steps = pathSteps(text.slice(source.length));
  return steps === null ? null : { source, steps };
}

/** The columns that are meant: what nobody understands and what is there already is dropped; the task is always there, because it is the way to the run. */
export function readColumns(texts: readonly string[]): readonly RunColumn[] {
  const known = [...new Set(texts)].filter((text) => isFieldColumn(text) || readValueColumn(text) !== null).slice(0, limits.columns);
  if (known.length === 0) return usualColumns;
  return known.includes("task") ? known : ["task", ...known.slice(0, limits.columns - 1)];
}

export const isUsual = (columns: readonly RunColumn[]): boolean => columns.join("\n") === usualColumns.join("\n");

/** The same without it; the task stays. */
export const withoutColumn = (columns: readonly RunColumn[], column: RunColumn): readonly RunColumn[] =>
  column === "task" ? columns : columns.filter((held) => held !== column);

/** One place towards the beginning (-1) or the end (1). */
export function movedColumn(columns: readonly RunColumn[], column: RunColumn, step: -1 | 1): readonly RunColumn[] {
  const at = columns.indexOf(column);
  const to = at + step;
  if (at === -1 || to < 0 || to >= columns.length) return columns;
  return columns.toSpliced(at, 1).toSpliced(to, 0, column);
}

/** Which columns stay where there is no room for all: the lower, the longer. */
const rank = (column: RunColumn): number => {
  const at = ["task", "status", "progress", "", "took", "started", "error", "finished", "created"].indexOf(column);
  if (!isFieldColumn(column)) return 3;
  return at === -1 ? (column === "run" || column === "tags" ? 98 : 50) : at;
};

/** The `most` that tell most, in the order in which they stand. A phone shows the status as an icon beside the task. */
export function columnsWithin(columns: readonly RunColumn[], room: "narrow" | "middle"): readonly RunColumn[] {
  const candidates = room === "narrow" ? columns.filter((column) => column !== "status") : columns;
  const kept = new Set(candidates.toSorted((a, b) => rank(a) - rank(b)).slice(0, room === "narrow" ? 3 : 5));
  return columns.filter((column) => kept.has(column));
}

/** By what the runs of a filter can be counted. */
export const groupings = ["error", "task", "tag"] as const;
export type Grouping = (typeof groupings)[number];

/** How a list of runs is shown, as its address says it beside the filter. Null: as this browser has it. */
export interface ListLook {
  columns: readonly RunColumn[] | null;
  group: Grouping | null;
}

export function lookFromParams(params: URLSearchParams): ListLook {
  const columns = params.getAll("col");
  return {
    columns: columns.length === 0 ? null : readColumns(columns),
    group: groupings.find((group) => group === params.get("group")) ?? null,
  };
}

export function lookToParams({ columns, group }: ListLook): URLSearchParams {
  const params = new URLSearchParams(columns === null || isUsual(columns) ? [] : columns.map((column) => ["col", column]));
  if (group !== null) params.set("group", group);
  return params;
}

/** What a saved view keeps of an address of the Runs page: its filter and its look. */
export const listQuery = (params: URLSearchParams): string =>
  new URLSearchParams([...viewToParams(viewFromParams(params)), ...lookToParams(lookFromParams(params))]).toString();
