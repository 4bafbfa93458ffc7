import { limitName } from "@/lib/contracts/task";
import { describe } from "@/lib/values/describe";
import { registerLimit, type RegisteredTask } from "./catalog";
import type { ConcurrencyLimit, ConcurrencyLimitOptions, ConcurrencyShape, TaskConcurrency } from "./types";

function checkName(name: unknown): void {
  if (typeof name !== "string" || !limitName.test(name))
    throw new TypeError(
      `The name of a concurrency limit has 1 to 122 letters, digits, underscores and hyphens; not ${describe(name).slice(0, 130)}`,
    );
}

function checkShape(what: string, { perKey, total }: ConcurrencyShape): void {
  for (const [name, bound] of Object.entries({ perKey, total })) {
    if (bound !== undefined && (!Number.isInteger(bound) || bound < 0 || bound > 100_000))
      throw new TypeError(`${what}: ${name} is a whole number from 0 to 100000, not ${describe(bound)}`);
  }
  if (perKey === undefined && total === undefined) throw new TypeError(`${what} needs perKey, total or both`);
}

/** A limit that several tasks hold: their runs share its room. */
export function concurrencyLimit(options: ConcurrencyLimitOptions): ConcurrencyLimit {
  checkName(options.name);
  checkShape(`The concurrency limit "${options.name}"`, options);
  registerLimit(options);
  return options;
}

/** The option `concurrency` of a task. */
export function readConcurrency(task: string, given: TaskConcurrency | undefined): RegisteredTask["concurrency"] {
  if (given === undefined || given === null) return undefined;
  const items = Array.isArray(given) ? given : [given];
  const inline: ConcurrencyShape[] = [];
  const limits: string[] = [];
  for (const item of items) {
    if (typeof item === "string") {
      checkName(item);
      limits.push(item);
    } else if (typeof item !== "object" || item === null) {
      throw new TypeError(
        `concurrency of task "${task}" takes { perKey, total }, a concurrencyLimit() or the name of one; not ${describe(item).slice(0, 100)}`,
      );
    } else if ("name" in item) limits.push(concurrencyLimit(item).name);
    else {
      checkShape(`concurrency of task "${task}"`, item);
      inline.push({ ...(item.perKey !== undefined && { perKey: item.perKey }), ...(item.total !== undefined && { total: item.total }) });
    }
  }
  const named = [...new Set(limits)];
  if (inline.length > 1)
    throw new TypeError(
      `concurrency of task "${task}" has ${inline.length} limits without a name; at most one: give those that are shared a name with concurrencyLimit()`,
    );
  if (named.length > 2) throw new TypeError(`concurrency of task "${task}" has ${named.length} named limits; at most two`);
  return { ...(inline[0] !== undefined && { inline: inline[0] }), ...(named.length > 0 && { limits: named }) };
}
