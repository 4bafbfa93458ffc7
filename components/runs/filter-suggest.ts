import { machinePresets } from "@/lib/contracts/limits";
import type { Facets } from "@/lib/contracts/dashboard";
import { listedStatuses } from "@/lib/contracts/run-status";
import { addValue, listKeys, setSingle, singleKeys, type ListKey, type RunsView, type SingleKey } from "@/lib/runs/run-filter";
import { wordOf } from "@/lib/runs/run-filter-text";
import { listedLook } from "./status";

/** A value that makes a filter whole, or (`word`) the beginning of one, to be typed on. */
export type Suggestion = { key: ListKey | SingleKey; value: string; text: string } | { key: "word"; value: string; text: string };

export const timeWindows: readonly { value: string; text: string }[] = [
  { value: "15m", text: "last 15 minutes" },
  { value: "1h", text: "last hour" },
  { value: "6h", text: "last 6 hours" },
  { value: "24h", text: "last 24 hours" },
  { value: "7d", text: "last 7 days" },
];

const shown = 12;

interface Entry {
  value: string;
  text: string;
}
const plain = (values: readonly string[]): Entry[] => values.map((value) => ({ value, text: value }));

/** What may stand after each word; of those that are not here, anything, which nobody can guess. */
const choices: Partial<Record<ListKey | SingleKey, (facets: Facets) => readonly Entry[]>> = {
  status: () => listedStatuses.map((status) => ({ value: status, text: listedLook[status].word })),
  task: ({ tasks }) => plain(tasks),
  tag: ({ tags }) => plain(tags),
  queue: ({ queues }) => plain(queues),
  version: ({ versions }) => plain(versions),
  last: () => timeWindows,
  anyTag: ({ tags }) => plain(tags),
  machine: () => plain(Object.keys(machinePresets)),
  notStatus: (facets) => choices.status?.(facets) ?? [],
  notTask: ({ tasks }) => plain(tasks),
  notTag: ({ tags }) => plain(tags),
  notQueue: ({ queues }) => plain(queues),
  notVersion: ({ versions }) => plain(versions),
  rootOnly: () => plain(["true"]),
  test: () => plain(["true", "false"]),
  longerThan: () => plain(["1s", "10s", "1m", "10m", "1h"]),
  shorterThan: () => plain(["100ms", "1s", "10s", "1m"]),
  attemptsOver: () => plain(["1", "2", "3"]),
  attemptsUnder: () => plain(["2", "3"]),
  started: () => timeWindows,
  finished: () => timeWindows,
};

/** Those whose values are offered for a word alone. */
const offeredAlone = ["status", "task", "tag", "queue", "version", "last"] as const;

const keys = [...listKeys, ...singleKeys];
const hints: Partial<Record<ListKey | SingleKey, string>> = {
  anyTag: "at least one of these tags",
  text: "text in the payload",
  id: "beginning of a run id, or *end",
  longerThan: "took longer than",
  shorterThan: "took less than",
  attemptsOver: "more attempts than",
  attemptsUnder: "fewer attempts than",
  started: "when it started",
  finished: "when it finished",
  from: "created at or after",
  to: "created at or before",
};

/** What the text so far may become: `task:im`, `-tag:no`, `duration>`, `im`, `failed`, `run_…`. */
export function suggest(text: string, facets: Facets, view: RunsView): Suggestion[] {
  const typed = text.trim().toLowerCase();
  const [, begun, rest] = /^(-?[a-z]+[:<>])(.*)$/s.exec(typed) ?? [];
  const word = (rest ?? typed).replace(/^.*,/s, "").replaceAll('"', "");
  const found: Suggestion[] = [];
  const offer = (key: ListKey | SingleKey): void => {
    for (const { value, text: label } of choices[key]?.(facets) ?? []) {
      if (isHeld(view, key, value)) continue;
      if (label.toLowerCase().includes(word) || value.toLowerCase().includes(word)) found.push({ key, value, text: label });
    }
  };
  if (begun !== undefined) {
    const key = keys.find((known) => wordOf(known).toLowerCase() === begun);
    if (key !== undefined) offer(key);
    return found.slice(0, shown);
  }
  if (typed.startsWith("run_")) found.push({ key: "id", value: text.trim(), text: text.trim() });
  for (const key of offeredAlone) offer(key);
  const words = keys
    .filter((key) => typed !== "" && wordOf(key).toLowerCase().startsWith(typed))
    .map((key): Suggestion => ({ key: "word", value: wordOf(key), text: hints[key] ?? "" }));
  return [...words, ...found].slice(0, shown);
}

const isListKey = (key: ListKey | SingleKey): key is ListKey => listKeys.some((known) => known === key);

const isHeld = (view: RunsView, key: ListKey | SingleKey, value: string): boolean =>
  isListKey(key) && view[key].some((held: string) => held === value);

/** A word alone changes nothing yet. */
export function applySuggestion(view: RunsView, { key, value }: Suggestion): RunsView {
  if (key === "word") return view;
  return isListKey(key) ? addValue(view, key, value) : setSingle(view, key, value);
}
