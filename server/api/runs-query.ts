import { RunStatus, legacyStatus, runStatuses, type RunStatus as Status } from "@/lib/contracts/status";
import type { RunsQuery } from "@/lib/contracts/dashboard";
import { limits } from "@/lib/contracts/limits";
import { parseDuration } from "@/lib/time/duration";
import { EngineError } from "../engine/error";

export interface ListQuery {
  query: RunsQuery;
  /** The filter asks for what no run here has (a bulk action, a schedule, a region). */
  empty: boolean;
}

/** `filter[…]` and `page[…]` of `GET /api/v1/runs` (wire.md 3.2). An unknown filter is refused: ignoring it would show other runs. */
export function readRunsQuery(params: Record<string, string>): ListQuery {
  for (const name of Object.keys(params)) if (name.startsWith("filter[") && !known.has(name)) throw bad(name, "is not a filter of runs");
  const created = readCreated(params);
  const status = statusesOf(params);
  const task = list(params, "filter[taskIdentifier]");
  const tag = list(params, "filter[tag]");
  const queue = list(params, "filter[queue]");
  const version = list(params, "filter[version]");
  const machine = list(params, "filter[machine]");
  const cursor = params["page[after]"] ?? params["page[before]"];
  return {
    query: {
      limit: readSize(params["page[size]"]),
      ...(status !== undefined && { status }),
      ...(task !== undefined && { task }),
      ...(tag !== undefined && { tag }),
      ...(queue !== undefined && { queue }),
      ...(version !== undefined && { version }),
      ...(machine !== undefined && { machine }),
      ...(params["filter[batch]"] !== undefined && { batch: params["filter[batch]"] }),
      ...(params["filter[isTest]"] !== undefined && { isTest: readFlag(params["filter[isTest]"]) }),
      ...(created.from !== undefined && { from: created.from }),
      ...(created.to !== undefined && { to: created.to }),
      ...(cursor !== undefined && { cursor }),
    },
    empty: ["filter[bulkAction]", "filter[schedule]", "filter[region]"].some((name) => list(params, name) !== undefined),
  };
}

const known = new Set([
  "filter[status]",
  "filter[taskIdentifier]",
  "filter[version]",
  "filter[bulkAction]",
  "filter[tag]",
  "filter[schedule]",
  "filter[isTest]",
  "filter[createdAt][from]",
  "filter[createdAt][to]",
  "filter[createdAt][period]",
  "filter[batch]",
  "filter[queue]",
  "filter[machine]",
  "filter[region]",
]);

/** Comma-joined values of a parameter, each once; undefined when there are none. */
export function list(params: Record<string, string>, name: string): string[] | undefined {
  const values = new Set((params[name] ?? "").split(",").map((value) => value.trim()).filter((value) => value !== ""));
  if (values.size > limits.filterValues) throw bad(name, `may have at most ${limits.filterValues} values; ${values.size} were given`);
  return values.size === 0 ? undefined : [...values];
}

function statusesOf(params: Record<string, string>): Status[] | undefined {
  const names = list(params, "filter[status]");
  return names && [...new Set(names.flatMap(readStatus))];
}

/** A current name, or an old one, which may stand for several. */
function readStatus(name: string): Status[] {
  const current = RunStatus.safeParse(name);
  if (current.success) return [current.data];
  const old = runStatuses.filter((status) => legacyStatus[status] === name);
  if (old.length === 0) throw bad("filter[status]", `has the unknown status ${JSON.stringify(name.slice(0, 40))}; known are ${runStatuses.join(", ")}`);
  return old;
}

function readCreated(params: Record<string, string>): { from?: string; to?: string } {
  return readPeriod(params, "filter[createdAt]");
}

/** `[from]`, `[to]` (ms since 1970, or a date) and `[period]` (a duration up to now). */
export function readPeriod(params: Record<string, string>, name: string): { from?: string; to?: string } {
  const [from, to, period] = [params[`${name}[from]`], params[`${name}[to]`], params[`${name}[period]`]];
  const span = period === undefined ? null : parseDuration(period);
  if (period !== undefined && span === null) throw bad(`${name}[period]`, `${JSON.stringify(period.slice(0, 40))} is not a duration such as "7d"`);
  return {
    ...(span !== null && { from: new Date(Date.now() - span).toISOString() }),
    ...(from !== undefined && { from: readDate(`${name}[from]`, from) }),
    ...(to !== undefined && { to: readDate(`${name}[to]`, to) }),
  };
}

function readDate(name: string, text: string): string {
  const date = new Date(/^\d+$/.test(text) ? Number(text) : text);
  if (Number.isNaN(date.getTime())) throw bad(name, `${JSON.stringify(text.slice(0, 40))} is not a date`);
  return date.toISOString();
}

function readFlag(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw bad("filter[isTest]", "must be true or false");
}

export function readSize(text: string | undefined): number {
  if (text === undefined) return 25;
  const size = Number(text);
  if (!Number.isInteger(size) || size < 1 || size > 100) throw bad("page[size]", "must be a whole number from 1 to 100");
  return size;
}

export function bad(name: string, message: string): EngineError {
  return new EngineError(400, `${name} ${message}.`, { param: name, issues: [{ path: name, message }] });
}
