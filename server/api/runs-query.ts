import { RunStatus, legacyStatus, runStatuses, type RunStatus as Status } from "@/lib/contracts/status";
import { limits } from "@/lib/contracts/limits";
import { parseDuration } from "@/lib/time/duration";
import { EngineError } from "../engine/error";
import type { RunsListQuery } from "../engine/reads/runs";
import { pieces, readings } from "./comma-list";

/** Which names with commas are tasks and queues. */
interface KnownNames {
  task(id: string): boolean;
  queue(name: string): boolean;
}

/** Without a time of its own a filter reaches back so far. */
export const defaultPeriod = "7d";

/** `filter[…]` and `page[…]` of `GET /api/v1/runs` (wire.md 3.2): each holds when any of its values does. */
export function readRunsQuery(params: Record<string, string>, names: KnownNames): RunsListQuery {
  refuseUnknown(params, known);
  const isTimed = createdNames.some((name) => params[name] !== undefined);
  const created = readPeriod(isTimed ? params : { ...params, [createdName("period")]: defaultPeriod }, createdName);
  const status = statusesOf(params);
  const task = meanings(params, "filter[taskIdentifier]", names.task);
  const anyTag = meanings(params, "filter[tag]");
  const queue = meanings(params, "filter[queue]", names.queue);
  const region = meanings(params, "filter[region]");
  const version = list(params, "filter[version]");
  const schedule = list(params, "filter[schedule]");
  const machine = list(params, "filter[machine]");
  const anyBulk = list(params, "filter[bulkAction]");
  const anyError = list(params, "filter[error]");
  // The published client sends both for the page before.
  const cursor = params["page[before]"] ?? params["page[after]"];
  return {
    limit: readSize(params["page[size]"]),
    ...(status !== undefined && { status }),
    ...(task !== undefined && { task }),
    ...(anyTag !== undefined && { anyTag }),
    ...(queue !== undefined && { queue }),
    ...(region !== undefined && { region }),
    ...(version !== undefined && { version }),
    ...(schedule !== undefined && { schedule }),
    ...(machine !== undefined && { machine }),
    ...(anyBulk !== undefined && { anyBulk }),
    ...(anyError !== undefined && { anyError }),
    ...(params["filter[batch]"] !== undefined && { batch: params["filter[batch]"] }),
    ...(params["filter[isTest]"] !== undefined && { isTest: readFlag(params["filter[isTest]"]) }),
    ...(created.from !== undefined && { from: created.from }),
    ...(created.to !== undefined && { to: created.to }),
    ...(cursor !== undefined && { cursor }),
  };
}

/** Parameters of every list that has pages by cursor. */
export const pageNames = ["page[size]", "page[after]", "page[before]"] as const;
export const createdName = (part: "from" | "to" | "period") => `filter[createdAt][${part}]`;
export const createdNames = (["from", "to", "period"] as const).map(createdName);

const known = [
  "filter[status]",
  "filter[taskIdentifier]",
  "filter[version]",
  "filter[bulkAction]",
  "filter[error]",
  "filter[tag]",
  "filter[schedule]",
  "filter[isTest]",
  ...createdNames,
  "filter[batch]",
  "filter[queue]",
  "filter[machine]",
  "filter[region]",
  ...pageNames,
];

/** A parameter that is not known is refused: passed over, it would show what was not asked for. */
export function refuseUnknown(params: Record<string, string>, names: readonly string[]): void {
  const unknown = Object.keys(params).find((name) => !names.includes(name));
  if (unknown !== undefined) throw bad(unknown.slice(0, 60), `is not a parameter of this list; known are ${names.join(", ")}`);
}

/** Comma-joined values of a parameter, each once; undefined when there are none. */
export function list(params: Record<string, string>, name: string): string[] | undefined {
  const values = new Set(pieces(params[name]));
  if (values.size > limits.filterValues) throw bad(name, `may have at most ${limits.filterValues} values; ${values.size} were given`);
  return values.size === 0 ? undefined : [...values];
}

/** The same of values that may have commas of their own: every one that the list may mean. */
export function meanings(params: Record<string, string>, name: string, isKnown?: (joined: string) => boolean): string[] | undefined {
  return list(params, name) && readings(params[name], isKnown);
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
  if (old.length === 0)
    throw bad("filter[status]", `has the unknown status ${JSON.stringify(name.slice(0, 40))}; known are ${runStatuses.join(", ")}`);
  return old;
}

/** `from`, `to` (ms since 1970, or a date) and `period` (a duration up to now), as the list names them. */
export function readPeriod(
  params: Record<string, string>,
  name: (part: "from" | "to" | "period") => string,
): { from?: string; to?: string } {
  const [from, to, period] = [params[name("from")], params[name("to")], params[name("period")]];
  const span = period === undefined ? null : parseDuration(period);
  if (period !== undefined && span === null)
    throw bad(name("period"), `${JSON.stringify(period.slice(0, 40))} is not a duration such as "7d"`);
  return {
    ...(span !== null && { from: new Date(Date.now() - span).toISOString() }),
    ...(from !== undefined && { from: readDate(name("from"), from) }),
    ...(to !== undefined && { to: readDate(name("to"), to) }),
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

export function readSize(text: string | undefined, most = 100): number {
  if (text === undefined) return 25;
  const size = Number(text);
  if (!Number.isInteger(size) || size < 1 || size > most) throw bad("page[size]", `must be a whole number from 1 to ${most}`);
  return size;
}

/** Of a list that is walked by number; it has no other parameters. */
export function readPage(params: Record<string, string>): { page: number; perPage: number } {
  refuseUnknown(params, ["page", "perPage"]);
  return { page: readNumber(params, "page", 1, 1_000_000), perPage: readNumber(params, "perPage", 25, 100) };
}

function readNumber(params: Record<string, string>, name: string, fallback: number, max: number): number {
  const text = params[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max) throw bad(name, `must be a whole number from 1 to ${max}`);
  return value;
}

export function bad(name: string, message: string): EngineError {
  return new EngineError(400, `${name} ${message}.`, { param: name, issues: [{ path: name, message }] });
}
