import type { Facets } from "@/lib/contracts/dashboard";
import { listedStatuses } from "@/lib/contracts/run-status";
import { addValue, setSingle, type ListKey, type RunsView } from "@/lib/runs/run-filter";
import { listedLook } from "./status";

export interface Suggestion {
  key: ListKey | "id" | "last";
  value: string;
  text: string;
}

const windows: readonly { value: string; text: string }[] = [
  { value: "15m", text: "last 15 minutes" },
  { value: "1h", text: "last hour" },
  { value: "6h", text: "last 6 hours" },
  { value: "24h", text: "last 24 hours" },
  { value: "7d", text: "last 7 days" },
];
export const timeWindows = windows;

const shown = 12;

/** What the text so far may become: `task:im`, `im`, `failed`, `run_…`. */
export function suggest(text: string, facets: Facets, view: RunsView): Suggestion[] {
  const typed = text.trim().toLowerCase();
  const colon = typed.indexOf(":");
  const key = colon === -1 ? null : typed.slice(0, colon);
  const word = colon === -1 ? typed : typed.slice(colon + 1).replace(/^.*,/, "").replaceAll('"', "");
  const found: Suggestion[] = [];
  const offer = (kind: Suggestion["key"], entries: readonly { value: string; text: string }[]): void => {
    if (key !== null && key !== kind) return;
    for (const entry of entries) if (entry.text.toLowerCase().includes(word) || entry.value.toLowerCase().includes(word)) found.push({ key: kind, ...entry });
  };
  const open = (kind: ListKey, values: readonly string[]): { value: string; text: string }[] => values.filter((value) => !view[kind].some((held) => held === value)).map((value) => ({ value, text: value }));

  if (typed.startsWith("run_")) found.push({ key: "id", value: text.trim(), text: text.trim() });
  offer(
    "status",
    listedStatuses.filter((status) => !view.status.includes(status)).map((status) => ({ value: status, text: listedLook[status].word })),
  );
  offer("task", open("task", facets.tasks));
  offer("tag", open("tag", facets.tags));
  offer("queue", open("queue", facets.queues));
  offer("last", windows);
  return found.slice(0, shown);
}

export const applySuggestion = (view: RunsView, { key, value }: Suggestion): RunsView => (key === "id" || key === "last" ? setSingle(view, key, value) : addValue(view, key, value));
