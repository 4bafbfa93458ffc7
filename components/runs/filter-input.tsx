"use client";
import { Search, X } from "lucide-react";
import { useId, useRef, useState, type KeyboardEvent } from "react";
import { useShortcut } from "@/components/frame/shortcuts";
import { cn } from "@/components/ui/cn";
import type { Facets } from "@/lib/contracts/dashboard";
import {
  addValue,
  isStatus,
  listKeys,
  removeValue,
  setSingle,
  singleKeys,
  type ListKey,
  type RunsView,
  type SingleKey,
} from "@/lib/runs/run-filter";
import { isStatusList, parseFilterText, wordOf } from "@/lib/runs/run-filter-text";
import { formatInstant, type Zone } from "@/lib/view/format";
import { useZone } from "@/components/live/time";
import { applySuggestion, suggest, type Suggestion } from "./filter-suggest";
import { listedLook } from "./status";
import { OthersText } from "@/components/ui/others-text";
import { readableText } from "@/lib/view/readable-text";

interface Chip {
  key: ListKey | SingleKey;
  value: string;
  text: string;
  without: RunsView;
  /** Of a value that can be left out as well as asked for: the other of the two. */
  turned?: RunsView;
}

const opposite: Partial<Record<ListKey, ListKey>> = {
  status: "notStatus",
  task: "notTask",
  tag: "notTag",
  queue: "notQueue",
  version: "notVersion",
  notStatus: "status",
  notTask: "task",
  notTag: "tag",
  notQueue: "queue",
  notVersion: "version",
};

const momentText = (iso: string, zone: Zone): string =>
  iso === "" ? "…" : formatInstant(Date.parse(iso), zone).replace(/(:00)?\.000$/, "");

function textOf(key: ListKey | SingleKey, value: string, zone: Zone): string {
  if (isStatusList(key) && isStatus(value)) return listedLook[value].word;
  if (key === "from" || key === "to") return momentText(value, zone);
  if ((key === "started" || key === "finished") && value.includes(".."))
    return value
      .split("..")
      .map((end) => momentText(end, zone))
      .join(" to ");
  return value;
}

/** Every active constraint is a chip. */
export function chipsOf(view: RunsView, zone: Zone): Chip[] {
  const chips: Chip[] = [];
  for (const key of listKeys) {
    for (const value of view[key]) {
      const without = removeValue(view, key, value);
      const other = opposite[key];
      chips.push({
        key,
        value,
        text: textOf(key, value, zone),
        without,
        ...(other !== undefined && { turned: addValue(without, other, value) }),
      });
    }
  }
  for (const key of singleKeys) {
    const value = view[key];
    if (value !== undefined) chips.push({ key, value, text: textOf(key, value, zone), without: setSingle(view, key, undefined) });
  }
  return chips;
}

/** Filters as tokens: type `task:`, `tag:`, a status or an id; Backspace takes the last one away. */
export function FilterInput({ view, onChange, facets }: { view: RunsView; onChange: (next: RunsView) => void; facets: Facets }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [problem, setProblem] = useState<string | null>(null);
  const chips = chipsOf(view, useZone());
  const options = open ? suggest(text, facets, view) : [];
  const shown = open && options.length > 0;
  useShortcut("/", { label: "Filter runs", group: "Runs", run: () => input.current?.focus() });

  function change(next: RunsView): void {
    setText("");
    setActive(-1);
    setProblem(null);
    onChange(next);
  }

  function choose(option: Suggestion): void {
    if (option.key !== "word") return change(applySuggestion(view, option));
    setText(option.value);
    setActive(-1);
    return undefined;
  }

  function submit(): void {
    const option = options[active] ?? (/[:<>"]/.test(text) || text.trim() === "" ? undefined : options[0]);
    if (option) return choose(option);
    if (text.trim() === "") return undefined;
    const { view: next, problems } = parseFilterText(text, view);
    if (problems[0]) {
      setProblem(problems[0].message);
      return undefined;
    }
    return change(next);
  }

  function onKey(event: KeyboardEvent): void {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && options.length > 0) {
      event.preventDefault();
      setActive((held) => (held + step + options.length) % options.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      submit();
    } else if (event.key === "Backspace" && text === "") {
      const last = chips.at(-1);
      if (last) change(last.without);
    } else if (event.key === "Escape") {
      if (shown) setOpen(false);
      else input.current?.blur();
    }
  }

  return (
    <div className={cn("relative min-w-0 flex-1 basis-64 max-sm:basis-full", chips.length > 0 && "max-xl:basis-full")}>
      <div className="flex min-h-8 flex-wrap items-center gap-1 rounded border border-line-strong px-2 py-0.5 focus-within:outline-2 focus-within:outline-accent">
        <Search aria-hidden className="size-3.5 shrink-0 text-faint" />
        {chips.map((chip) => (
          <span
            key={`${chip.key} ${chip.value}`}
            className="inline-flex h-6 max-w-full min-w-0 items-center rounded-sm bg-active pl-1.5"
            data-chip={chip.key}
          >
            {chip.turned === undefined ? (
              <span className="text-faint">{wordOf(chip.key)}</span>
            ) : (
              <button
                type="button"
                title={chip.key.startsWith("not") ? "Ask for it instead" : "Leave it out instead"}
                onClick={() => chip.turned && change(chip.turned)}
                className="h-6 text-faint hover:text-fg"
              >
                {wordOf(chip.key)}
              </button>
            )}
            <OthersText text={chip.text} className="truncate" />
            <button
              type="button"
              aria-label={`Remove ${chip.key} ${readableText(chip.text)}`}
              onClick={() => change(chip.without)}
              className="ml-0.5 flex size-6 shrink-0 items-center justify-center rounded-sm text-faint hover:text-fg"
            >
              <X aria-hidden className="size-3" />
            </button>
          </span>
        ))}
        <input
          ref={input}
          role="combobox"
          aria-label="Filter runs"
          aria-expanded={shown}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-invalid={problem !== null}
          {...(problem !== null && { "aria-describedby": `${id}-problem` })}
          {...(shown && active >= 0 && { "aria-activedescendant": `${id}-${active}` })}
          autoComplete="off"
          spellCheck={false}
          value={text}
          placeholder={chips.length === 0 ? 'Filter: status, task, -tag, duration>10s, "text"' : ""}
          onChange={(event) => {
            setText(event.target.value);
            setOpen(true);
            setActive(-1);
            setProblem(null);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKey}
          className="h-6 min-w-24 flex-1 bg-transparent outline-none placeholder:text-faint"
        />
      </div>
      {problem === null ? null : (
        <p
          id={`${id}-problem`}
          role="alert"
          className="absolute top-full left-0 z-30 mt-1 rounded bg-raised px-2 py-1 text-sm text-bad shadow-float"
        >
          {problem}
        </p>
      )}
      {shown && problem === null ? (
        // The ARIA combobox pattern: the focus stays in the input, which no native element allows.
        <div
          id={`${id}-list`}
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
          role="listbox"
          aria-label="Suggestions"
          className="appear absolute top-full left-0 z-30 mt-1 max-h-80 w-full max-w-md overflow-y-auto rounded-lg bg-raised p-1 shadow-float"
        >
          {options.map((option, index) => (
            <div
              key={`${option.key} ${option.value}`}
              id={`${id}-${index}`}
              // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- as above
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              // Before the input loses the focus and closes the list.
              onMouseDown={(event) => {
                event.preventDefault();
                choose(option);
              }}
              className={cn("flex h-7 cursor-default items-center gap-2 rounded px-2", index === active ? "bg-active" : "hover:bg-hover")}
            >
              <span className="w-20 shrink-0 font-mono text-sm text-faint">
                {option.key === "word" ? option.value : wordOf(option.key)}
              </span>
              <OthersText text={option.text} className="truncate" />
            </div>
          ))}
        </div>
      ) : null}
    </div>
  );
}
