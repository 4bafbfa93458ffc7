import { limits } from "@/lib/contracts/limits";
import { formatCount } from "@/lib/view/format";
import type { RunsView } from "./run-filter";

const bounded = ["longerThan", "shorterThan", "attemptsOver", "attemptsUnder", "started", "finished"] as const;
const without = ["notStatus", "notTask", "notTag", "notQueue", "notVersion"] as const;

/** How far back a filter looks, where it does not look at all runs; null where it does. */
export function searchedText(view: RunsView): string | null {
  if (view.text !== undefined) return `Payloads of the newest ${formatCount(limits.searchedPayloads)} runs are searched.`;
  const isBounded =
    view.id?.startsWith("*") === true || bounded.some((key) => view[key] !== undefined) || without.some((key) => view[key].length > 0);
  return isBounded ? `The newest ${formatCount(limits.searchedRuns)} runs are looked at.` : null;
}
