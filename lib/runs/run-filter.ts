import { limits } from "@/lib/contracts/limits";
import type { RunFilter } from "@/lib/contracts/realtime";
import { listedStatuses, type ListedStatus } from "@/lib/contracts/run-status";
import { parseDuration } from "@/lib/time/duration";

/**
 * What the runs page filters by, as a person chose it. It lives in the URL and can be written as text:
 * `status:failed,crashed tag:user_123 task:"import orders" last:1h`.
 */
export interface RunsView extends Record<Exclude<ListKey, StatusKey>, string[]>, Record<StatusKey, ListedStatus[]> {
  id?: string;
  batch?: string;
  parent?: string;
  root?: string;
  /** Of an error group. */
  error?: string;
  /** Of a bulk action that canceled the run or made it. */
  bulk?: string;
  /** Only runs that no other run has triggered. */
  rootOnly?: "true";
  test?: "true" | "false";
  /** In the payload. */
  text?: string;
  /** Durations: `10s`, `1h30m`. */
  longerThan?: string;
  shorterThan?: string;
  /** Whole numbers. */
  attemptsOver?: string;
  attemptsUnder?: string;
  /** Window that ends now: `15m`, `1h`, `7d`. */
  last?: string;
  /** ISO dates of a fixed window. */
  from?: string;
  to?: string;
  /** Windows of other clocks: `1h`, or two ISO dates with `..` between, of which one may be left out. */
  started?: string;
  finished?: string;
}

export const listKeys = [
  "status",
  "task",
  "tag",
  "anyTag",
  "queue",
  "version",
  "machine",
  "schedule",
  "notStatus",
  "notTask",
  "notTag",
  "notQueue",
  "notVersion",
] as const;
export const singleKeys = [
  "id",
  "batch",
  "parent",
  "root",
  "error",
  "bulk",
  "rootOnly",
  "test",
  "text",
  "longerThan",
  "shorterThan",
  "attemptsOver",
  "attemptsUnder",
  "last",
  "from",
  "to",
  "started",
  "finished",
] as const;
export type ListKey = (typeof listKeys)[number];
export type SingleKey = (typeof singleKeys)[number];
type StatusKey = "status" | "notStatus";

const isStatusKey = (key: ListKey): key is StatusKey => key === "status" || key === "notStatus";

export const emptyView: RunsView = {
  status: [],
  task: [],
  tag: [],
  anyTag: [],
  queue: [],
  version: [],
  machine: [],
  schedule: [],
  notStatus: [],
  notTask: [],
  notTag: [],
  notQueue: [],
  notVersion: [],
};

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `15m`, `1h`, `7d`; null for anything else. */
export function windowMs(last: string): number | null {
  const match = /^([1-9]\d{0,3})([mhd])$/.exec(last);
  return match?.[1] && match[2] ? Number(match[1]) * (unitMs[match[2]] ?? 0) : null;
}

/** The two ends of `A..B`, of which one may be left out; null for anything else. */
function rangeOf(text: string): { from?: string; to?: string } | null {
  const [from, to, ...more] = text.split("..");
  if (from === undefined || to === undefined || more.length > 0 || from + to === "") return null;
  if ([from, to].some((end) => end !== "" && !isIsoDate(end))) return null;
  return { ...(from !== "" && { from }), ...(to !== "" && { to }) };
}

/** A relative window starts at a whole minute, so that the same view within a minute is the same query. */
const startOf = (length: number, now: number): string => new Date(Math.floor((now - length) / 60_000) * 60_000).toISOString();

function windowOf(text: string | undefined, now: number): { from?: string; to?: string } {
  if (text === undefined) return {};
  const length = windowMs(text);
  return length === null ? (rangeOf(text) ?? {}) : { from: startOf(length, now) };
}

/** What both have and mean alike. */
const sameKeys = ["id", "batch", "parent", "root", "error", "bulk", "text"] as const satisfies readonly SingleKey[];

export function toRunFilter(view: RunsView, now: number): RunFilter {
  const created = view.last === undefined ? { from: view.from, to: view.to } : windowOf(view.last, now);
  const [started, finished] = [windowOf(view.started, now), windowOf(view.finished, now)];
  const filter: RunFilter = {};
  for (const key of listKeys) if (view[key].length > 0) Object.assign(filter, { [key]: view[key] });
  for (const key of sameKeys) if (view[key] !== undefined) Object.assign(filter, { [key]: view[key] });
  const [longer, shorter] = [parseDuration(view.longerThan ?? ""), parseDuration(view.shorterThan ?? "")];
  return {
    ...filter,
    ...(view.rootOnly !== undefined && { rootOnly: true }),
    ...(view.test !== undefined && { isTest: view.test === "true" }),
    ...(longer !== null && { longerThan: longer }),
    ...(shorter !== null && { shorterThan: shorter }),
    ...(view.attemptsOver !== undefined && { attemptsOver: Number(view.attemptsOver) }),
    ...(view.attemptsUnder !== undefined && { attemptsUnder: Number(view.attemptsUnder) }),
    ...(created.from !== undefined && { from: created.from }),
    ...(created.to !== undefined && { to: created.to }),
    ...(started.from !== undefined && { startedFrom: started.from }),
    ...(started.to !== undefined && { startedTo: started.to }),
    ...(finished.from !== undefined && { finishedFrom: finished.from }),
    ...(finished.to !== undefined && { finishedTo: finished.to }),
  };
}

/** Query of `GET /api/dashboard/runs`: lists as repeated keys. */
export function filterParams(filter: RunFilter): URLSearchParams {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(filter)) {
    if (value === undefined) continue;
    for (const one of [value].flat()) params.append(key, String(one));
  }
  return params;
}

/** Repeated keys for lists, so that any character may stand in a value. */
export function viewToParams(view: RunsView): URLSearchParams {
  const params = new URLSearchParams();
  for (const key of listKeys) for (const value of view[key]) params.append(key, value);
  for (const key of singleKeys) {
    const value = view[key];
    if (value !== undefined) params.set(key, value);
  }
  return params;
}

/** Reads what it understands and drops the rest: a link with a typing error still opens. */
export function viewFromParams(params: URLSearchParams): RunsView {
  let view = emptyView;
  for (const key of listKeys) for (const value of params.getAll(key)) view = addValue(view, key, value);
  for (const key of singleKeys) {
    const value = params.get(key);
    if (value !== null) view = setSingle(view, key, value);
  }
  return view;
}

export const isStatus = (value: string): value is ListedStatus => listedStatuses.some((status) => status === value);

/** Adds a value of a list; the same view when it is there already, blank or not a status, or when the list is full. */
export function addValue(view: RunsView, key: ListKey, value: string): RunsView {
  if (value.trim() === "" || view[key].length >= limits.filterValues || view[key].some((held) => held === value)) return view;
  if (isStatusKey(key)) return isStatus(value) ? { ...view, [key]: [...view[key], value] } : view;
  return { ...view, [key]: [...view[key], value] };
}

export function removeValue(view: RunsView, key: ListKey, value: string): RunsView {
  return { ...view, [key]: view[key].filter((held) => held !== value) };
}

const isWindow = (value: string): boolean => windowMs(value) !== null || rangeOf(value) !== null;
const isDuration = (value: string): boolean => parseDuration(value) !== null;
const isCount = (value: string): boolean => /^\d{1,5}$/.test(value);

/** What a value must be; of a key that is not here, anything. */
const checks: Partial<Record<SingleKey, (value: string) => boolean>> = {
  rootOnly: (value) => value === "true",
  test: (value) => value === "true" || value === "false",
  text: (value) => value.length <= limits.filterText,
  longerThan: isDuration,
  shorterThan: isDuration,
  attemptsOver: isCount,
  attemptsUnder: isCount,
  last: (value) => windowMs(value) !== null,
  from: isIsoDate,
  to: isIsoDate,
  started: isWindow,
  finished: isWindow,
};

/** Sets or, with undefined, removes. A relative window and a fixed one exclude each other. */
export function setSingle(view: RunsView, key: SingleKey, value: string | undefined): RunsView {
  const rest: RunsView = { ...view };
  delete rest[key];
  if (value === undefined || value.trim() === "") return rest;
  if (checks[key]?.(value) === false) return view;
  if (key === "last") {
    delete rest.from;
    delete rest.to;
  }
  if (key === "from" || key === "to") delete rest.last;
  return { ...rest, [key]: value };
}

function isIsoDate(value: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value));
}

export const isEmptyView = (view: RunsView): boolean => viewToParams(view).size === 0;
