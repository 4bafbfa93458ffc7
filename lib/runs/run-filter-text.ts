import {
  addValue,
  emptyView,
  isStatus,
  listKeys,
  setSingle,
  singleKeys,
  windowMs,
  type ListKey,
  type RunsView,
  type SingleKey,
} from "./run-filter";

/** A word of the text that says nothing we know, and what to write instead. */
export interface FilterProblem {
  word: string;
  message: string;
}

type Key = ListKey | SingleKey;
const isListKey = (key: Key): key is ListKey => listKeys.some((known) => known === key);
export const isStatusList = (key: Key): key is "status" | "notStatus" => key === "status" || key === "notStatus";

const signed: Partial<Record<Key, string>> = {
  notStatus: "-status:",
  notTask: "-task:",
  notTag: "-tag:",
  notQueue: "-queue:",
  notVersion: "-version:",
  longerThan: "duration>",
  shorterThan: "duration<",
  attemptsOver: "attempts>",
  attemptsUnder: "attempts<",
};

/** What a value is written after: `task:`, `-tag:`, `duration>`. */
export const wordOf = (key: Key): string => signed[key] ?? `${key}:`;

const byWord = new Map<string, Key>([...listKeys, ...singleKeys].map((key) => [wordOf(key).toLowerCase(), key]));
/** What filters are written after, in the order of their use. */
export const filterWords: readonly string[] = [...listKeys, ...singleKeys].map(wordOf);

interface Word {
  /** With its sign: `task:`, `attempts>`; null of a word alone. */
  key: string | null;
  values: string[];
  quoted: boolean;
}

/** Words apart at spaces outside quotes; each word's values apart at commas outside quotes. */
function splitWords(text: string): Word[] {
  const words: Word[] = [];
  let key: string | null = null;
  let values: string[] = [];
  let value = "";
  let inQuotes = false;
  let wasQuoted = false;
  let quoted = false;
  let started = false;

  const endValue = (): void => {
    if (value !== "" || wasQuoted) values.push(value);
    value = "";
    wasQuoted = false;
  };
  const endWord = (): void => {
    endValue();
    if (started) words.push({ key, values, quoted });
    key = null;
    values = [];
    quoted = false;
    started = false;
  };

  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] ?? "";
    if (char === "\\" && inQuotes && index + 1 < text.length) {
      index += 1;
      value += text[index] ?? "";
    } else if (char === '"') {
      inQuotes = !inQuotes;
      wasQuoted = true;
      quoted = true;
      started = true;
    } else if (inQuotes) value += char;
    else if (/\s/.test(char)) endWord();
    else {
      started = true;
      if (/[:<>]/.test(char) && key === null && values.length === 0 && !wasQuoted && value !== "") {
        key = `${value.toLowerCase()}${char}`;
        value = "";
      } else if (char === "," && key !== null) endValue();
      else value += char;
    }
  }
  endWord();
  return words;
}

/** `failed`, `needs-answer`. */
const statusOf = (word: string): string => word.toUpperCase().replaceAll("-", "_");

const examples: Partial<Record<SingleKey, string>> = {
  rootOnly: "Write rootOnly:true.",
  test: "Write test:true or test:false.",
  text: "Search for fewer characters.",
  longerThan: "Write a duration such as duration>10s or duration>1h30m.",
  shorterThan: "Write a duration such as duration<10s or duration<1h30m.",
  attemptsOver: "Write a number such as attempts>1.",
  attemptsUnder: "Write a number such as attempts<3.",
  last: "Write a window such as last:15m, last:1h or last:7d.",
  from: "Write a UTC date such as from:2026-01-31T08:00:00Z.",
  to: "Write a UTC date such as to:2026-01-31T08:00:00Z.",
  started: "Write a window such as started:1h, or two UTC dates: started:2026-01-31T08:00:00Z..2026-01-31T09:00:00Z.",
  finished: "Write a window such as finished:1h, or two UTC dates: finished:2026-01-31T08:00:00Z..2026-01-31T09:00:00Z.",
};

/** Other ways to write what has a word of its own. */
function meant({ key, values }: Word): { key: string; values: string[] }[] {
  const [value = ""] = values;
  if (key === "created:") {
    const [from = "", to] = value.split("..");
    if (to === undefined) return [{ key: "last:", values }];
    return [...(from === "" ? [] : [{ key: "from:", values: [from] }]), ...(to === "" ? [] : [{ key: "to:", values: [to] }])];
  }
  if (key === "attempts:" && /^\d+$/.test(value))
    return [
      { key: "attempts>", values: [String(Number(value) - 1)] },
      { key: "attempts<", values: [String(Number(value) + 1)] },
    ];
  if (key === "attempts>" && value.startsWith("=")) return [{ key, values: [String(Number(value.slice(1)) - 1)] }];
  if (key === "attempts<" && value.startsWith("=")) return [{ key, values: [String(Number(value.slice(1)) + 1)] }];
  // Nothing takes exactly so long.
  if ((key === "duration>" || key === "duration<") && value.startsWith("=")) return [{ key, values: [value.slice(1)] }];
  return [{ key: key ?? "", values }];
}

/** Reads filter text on top of a view. */
export function parseFilterText(text: string, base: RunsView = emptyView): { view: RunsView; problems: FilterProblem[] } {
  let view = base;
  const problems: FilterProblem[] = [];
  for (const word of splitWords(text)) {
    const fail = (message: string): void => void problems.push({ word: `${word.key ?? ""}${word.values.join(",")}`, message });
    if (word.key === null) {
      const bare = word.values[0] ?? "";
      if (word.quoted) view = setSingle(view, "text", bare);
      else if (bare.startsWith("run_")) view = setSingle(view, "id", bare);
      else if (isStatus(statusOf(bare))) view = addValue(view, "status", statusOf(bare));
      else fail(`Write task:${bare}, tag:${bare}, status:…, "${bare}" to search payloads, or a run id.`);
    } else if (word.values.length === 0) fail(`Write a value after ${word.key}`);
    else for (const one of meant(word)) view = readWord(view, one, fail);
  }
  return { view, problems };
}

function readWord(view: RunsView, { key: written, values }: { key: string; values: string[] }, fail: (message: string) => void): RunsView {
  const key = byWord.get(written);
  if (key === undefined) {
    fail(`${written.slice(0, -1)} is not a filter. Known are ${filterWords.join(" ")}`);
    return view;
  }
  if (isStatusList(key)) {
    for (const value of values) if (!isStatus(statusOf(value))) fail(`${value} is not a status.`);
    return values.map(statusOf).reduce((next, value) => addValue(next, key, value), view);
  }
  if (isListKey(key)) return values.reduce((next, value) => addValue(next, key, value), view);
  const value = values.join(",");
  const next = setSingle(view, key, value);
  if (next[key] !== value) fail(examples[key] ?? `Write a value after ${written}`);
  return next;
}

const quote = (value: string): string => (/[\s",\\:]/.test(value) ? `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : value);

/** Text that reads back as the same view. */
export function formatFilterText(view: RunsView): string {
  const words = listKeys
    .filter((key) => view[key].length > 0)
    .map((key) => wordOf(key) + view[key].map((value) => quote(isStatusList(key) ? value.toLowerCase() : value)).join(","));
  for (const key of singleKeys) {
    const value = view[key];
    if (value !== undefined) words.push(wordOf(key) + (windowMs(value) === null ? quote(value) : value));
  }
  return words.join(" ");
}
