import { limits } from "@/lib/contracts/limits";
import type { RunFilter } from "@/lib/contracts/realtime";
import { listedStatuses, type ListedStatus } from "@/lib/contracts/run-status";

/**
 * What the runs page filters by, as a person chose it. It lives in the URL and can be written as text:
 * `status:failed,crashed tag:user_123 task:"import orders" last:1h`.
 */
export interface RunsView {
  status: ListedStatus[];
  task: string[];
  tag: string[];
  queue: string[];
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
  /** Window that ends now: `15m`, `1h`, `7d`. */
  last?: string;
  /** ISO dates of a fixed window. */
  from?: string;
  to?: string;
}

export const emptyView: RunsView = { status: [], task: [], tag: [], queue: [] };

export const listKeys = ["status", "task", "tag", "queue"] as const;
export const singleKeys = ["id", "batch", "parent", "root", "error", "bulk", "rootOnly", "last", "from", "to"] as const;
export type ListKey = (typeof listKeys)[number];
export type SingleKey = (typeof singleKeys)[number];

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `15m`, `1h`, `7d`; null for anything else. */
export function windowMs(last: string): number | null {
  const match = /^([1-9]\d{0,3})([mhd])$/.exec(last);
  return match?.[1] && match[2] ? Number(match[1]) * (unitMs[match[2]] ?? 0) : null;
}

/** A relative window starts at a whole minute, so that the same view within a minute is the same query. */
export function toRunFilter(view: RunsView, now: number): RunFilter {
  const length = view.last === undefined ? null : windowMs(view.last);
  const from = length === null ? view.from : new Date(Math.floor((now - length) / 60_000) * 60_000).toISOString();
  return {
    ...(view.status.length > 0 && { status: view.status }),
    ...(view.task.length > 0 && { task: view.task }),
    ...(view.tag.length > 0 && { tag: view.tag }),
    ...(view.queue.length > 0 && { queue: view.queue }),
    ...(view.id !== undefined && { id: view.id }),
    ...(view.batch !== undefined && { batch: view.batch }),
    ...(view.parent !== undefined && { parent: view.parent }),
    ...(view.root !== undefined && { root: view.root }),
    ...(view.error !== undefined && { error: view.error }),
    ...(view.bulk !== undefined && { bulk: view.bulk }),
    ...(view.rootOnly !== undefined && { rootOnly: true }),
    ...(from !== undefined && { from }),
    ...(view.to !== undefined && length === null && { to: view.to }),
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
  if (key === "status") return isStatus(value) ? { ...view, status: [...view.status, value] } : view;
  return { ...view, [key]: [...view[key], value] };
}

export function removeValue(view: RunsView, key: ListKey, value: string): RunsView {
  return { ...view, [key]: view[key].filter((held) => held !== value) };
}

/** Sets or, with undefined, removes. A relative window and a fixed one exclude each other. */
export function setSingle(view: RunsView, key: SingleKey, value: string | undefined): RunsView {
  const rest: RunsView = { ...view };
  delete rest[key];
  if (value === undefined || value.trim() === "") return rest;
  if (key === "rootOnly") return value === "true" ? { ...rest, rootOnly: "true" } : view;
  if (key === "last") {
    if (windowMs(value) === null) return view;
    delete rest.from;
    delete rest.to;
    return { ...rest, last: value };
  }
  if (key === "from" || key === "to") {
    if (!isIsoDate(value)) return view;
    delete rest.last;
  }
  return { ...rest, [key]: value };
}

const isIsoDate = (value: string): boolean => /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value));

export const isEmptyView = (view: RunsView): boolean => viewToParams(view).size === 0;
