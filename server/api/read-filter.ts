import type { ApiRequest } from "./context";

const lists = new Set([
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
]);
const flags = new Set(["rootOnly", "isTest"]);
const numbers = new Set(["limit", "longerThan", "shorterThan", "attemptsOver", "attemptsUnder"]);

/** The query of the address as the shape of `RunsQuery`: lists are repeated, so that any character may stand in a value. */
export function readFilter(c: ApiRequest): Record<string, unknown> {
  const filter: Record<string, unknown> = {};
  for (const [name, values] of Object.entries(c.req.queries())) {
    const [first = ""] = values;
    if (lists.has(name)) filter[name] = values.filter((value) => value !== "");
    else if (flags.has(name)) filter[name] = first === "true";
    else if (numbers.has(name)) filter[name] = Number(first);
    else if (first !== "") filter[name] = first;
  }
  return filter;
}
