import { addValue, emptyView, isStatus, listKeys, setSingle, singleKeys, windowMs, type ListKey, type RunsView, type SingleKey } from "./run-filter";

/** A word of the text that says nothing we know, and what to write instead. */
export interface FilterProblem {
  word: string;
  message: string;
}

const isListKey = (key: string): key is ListKey => listKeys.some((known) => known === key);
const isSingleKey = (key: string): key is SingleKey => singleKeys.some((known) => known === key);

/** Words apart at spaces outside quotes; each word's values apart at commas outside quotes. */
function splitWords(text: string): { key: string | null; values: string[] }[] {
  const words: { key: string | null; values: string[] }[] = [];
  let key: string | null = null;
  let values: string[] = [];
  let value = "";
  let quoted = false;
  let wasQuoted = false;
  let started = false;

  const endValue = (): void => {
    if (value !== "" || wasQuoted) values.push(value);
    value = "";
    wasQuoted = false;
  };
  const endWord = (): void => {
    endValue();
    if (started) words.push({ key, values });
    key = null;
    values = [];
    started = false;
  };

  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] ?? "";
    if (char === "\\" && quoted && index + 1 < text.length) {
      index += 1;
      value += text[index] ?? "";
    } else if (char === '"') {
      quoted = !quoted;
      wasQuoted = true;
      started = true;
    } else if (quoted) value += char;
    else if (/\s/.test(char)) endWord();
    else {
      started = true;
      if (char === ":" && key === null && values.length === 0 && !wasQuoted) {
        key = value.toLowerCase() === "rootonly" ? "rootOnly" : value.toLowerCase();
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

/** Reads filter text on top of a view. */
export function parseFilterText(text: string, base: RunsView = emptyView): { view: RunsView; problems: FilterProblem[] } {
  let view = base;
  const problems: FilterProblem[] = [];
  for (const { key, values } of splitWords(text)) {
    const word = `${key === null ? "" : `${key}:`}${values.join(",")}`;
    const fail = (message: string): void => void problems.push({ word, message });
    if (key === null) {
      const bare = values[0] ?? "";
      if (bare.startsWith("run_")) view = setSingle(view, "id", bare);
      else if (isStatus(statusOf(bare))) view = addValue(view, "status", statusOf(bare));
      else fail(`Write task:${bare}, tag:${bare}, status:… or a run id.`);
    } else if (values.length === 0) fail(`Write a value after ${key}:`);
    else if (key === "status") {
      for (const value of values) {
        if (isStatus(statusOf(value))) view = addValue(view, "status", statusOf(value));
        else fail(`${value} is not a status.`);
      }
    } else if (isListKey(key)) for (const value of values) view = addValue(view, key, value);
    else if (isSingleKey(key)) {
      const value = values.join(",");
      const next = setSingle(view, key, value);
      if (next[key] !== value) fail(key === "rootOnly" ? "Write rootOnly:true." : key === "last" ? "Write a window such as last:15m, last:1h or last:7d." : `Write a UTC date such as ${key}:2026-01-31T08:00:00Z.`);
      view = next;
    } else fail(`${key} is not a filter. Known are ${[...listKeys, ...singleKeys].join(", ")}.`);
  }
  return { view, problems };
}

const quote = (value: string): string => (/[\s",\\:]/.test(value) ? `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : value);

/** Text that reads back as the same view. */
export function formatFilterText(view: RunsView): string {
  const words = listKeys.filter((key) => view[key].length > 0).map((key) => `${key}:${view[key].map((value) => quote(key === "status" ? value.toLowerCase() : value)).join(",")}`);
  for (const key of singleKeys) {
    const value = view[key];
    if (value !== undefined) words.push(`${key}:${key === "last" && windowMs(value) !== null ? value : quote(value)}`);
  }
  return words.join(" ");
}
