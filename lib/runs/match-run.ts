import type { RunFilter } from "../contracts/realtime";
import { isListedAs } from "../contracts/run-status";
import type { RunRow } from "../contracts/run";

type Field = keyof RunFilter;
type Wanted = { [F in Field]-?: NonNullable<RunFilter[F]> };

/** A row does not say it, or not for good. */
const mayBe = () => true;

/** Fields by which a row may match without being found: whoever follows such a filter asks the server what is new. */
const untold = ["schedule", "text", "machine", "longerThan", "shorterThan"] as const satisfies readonly Field[];
export const rowsTell = (filter: RunFilter): boolean =>
  untold.every((field) => filter[field] === undefined || [filter[field]].flat().length === 0);

/** One test per field of the filter; a new field does not compile until it has one. */
const tests: { [F in Field]: (row: RunRow, wanted: Wanted[F]) => boolean } = {
  status: (row, wanted) => wanted.length === 0 || wanted.some((status) => isListedAs(row, status)),
  task: (row, wanted) => wanted.length === 0 || wanted.includes(row.task),
  tag: (row, wanted) => wanted.every((tag) => row.tags.includes(tag)),
  queue: (row, wanted) => wanted.length === 0 || wanted.includes(row.queue),
  batch: (row, wanted) => row.batchId === wanted,
  from: (row, wanted) => Date.parse(row.createdAt) >= Date.parse(wanted),
  to: (row, wanted) => Date.parse(row.createdAt) <= Date.parse(wanted),
  anyTag: (row, wanted) => wanted.length === 0 || wanted.some((tag) => row.tags.includes(tag)),
  version: (row, wanted) => wanted.length === 0 || (row.deployment !== undefined && wanted.includes(row.deployment)),
  machine: (row, wanted) => wanted.length === 0 || row.machine === undefined || wanted.includes(row.machine),
  schedule: mayBe,
  text: mayBe,
  notStatus: (row, wanted) => !wanted.some((status) => isListedAs(row, status)),
  notTask: (row, wanted) => !wanted.includes(row.task),
  notTag: (row, wanted) => !wanted.some((tag) => row.tags.includes(tag)),
  notQueue: (row, wanted) => !wanted.includes(row.queue),
  notVersion: (row, wanted) => row.deployment === undefined || !wanted.includes(row.deployment),
  startedFrom: (row, wanted) => row.startedAt !== undefined && Date.parse(row.startedAt) >= Date.parse(wanted),
  startedTo: (row, wanted) => row.startedAt !== undefined && Date.parse(row.startedAt) <= Date.parse(wanted),
  finishedFrom: (row, wanted) => row.finishedAt !== undefined && Date.parse(row.finishedAt) >= Date.parse(wanted),
  finishedTo: (row, wanted) => row.finishedAt !== undefined && Date.parse(row.finishedAt) <= Date.parse(wanted),
  longerThan: (row, wanted) =>
    row.startedAt !== undefined && (row.finishedAt === undefined || Date.parse(row.finishedAt) - Date.parse(row.startedAt) > wanted),
  shorterThan: (row, wanted) =>
    row.startedAt !== undefined && (row.finishedAt === undefined || Date.parse(row.finishedAt) - Date.parse(row.startedAt) < wanted),
  attemptsOver: (row, wanted) => row.attempt > wanted,
  attemptsUnder: (row, wanted) => row.attempt < wanted,
  id: (row, wanted) => (wanted.startsWith("*") ? row.id.endsWith(wanted.slice(1)) : row.id.startsWith(wanted)),
  parent: (row, wanted) => row.parentId === wanted,
  root: (row, wanted) => row.rootId === wanted,
  rootOnly: (row, wanted) => !wanted || row.parentId === undefined,
  isTest: (row, wanted) => row.isTest === wanted,
  error: (row, wanted) => row.errorId === wanted,
  bulk: (row, wanted) => row.bulkActions?.includes(wanted) === true,
};

// The parameter ties the test of a field to its value, which a union of fields would not.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
function holds<F extends Field>(field: F, row: RunRow, filter: Partial<Wanted>): boolean {
  const wanted = filter[field];
  return wanted === undefined || tests[field](row, wanted);
}

// The keys of an object literal whose type names exactly the fields.
const fields = Object.keys(tests) as Field[];

/** The same meaning as the list query of `RunFilter`. */
export function matchesFilter(row: RunRow, filter: RunFilter): boolean {
  // Without exactOptionalPropertyTypes the two types are the same: `holds` passes over undefined.
  const wanted = filter as Partial<Wanted>;
  return fields.every((field) => holds(field, row, wanted));
}

/** Same text for filters that mean the same. */
export function filterKey(filter: RunFilter): string {
  const parts = fields.map((field) => {
    const wanted = filter[field];
    return Array.isArray(wanted)
      ? wanted.length === 0
        ? undefined
        : wanted.map(String).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
      : wanted;
  });
  return JSON.stringify(parts);
}
