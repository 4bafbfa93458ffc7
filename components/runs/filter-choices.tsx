"use client";
import { useState } from "react";
import { cn } from "@/components/ui/cn";
import { Field, Input } from "@/components/ui/input";
import { MenuCheck } from "@/components/ui/menu";
import { toneText } from "@/components/ui/tone";
import { listedStatuses } from "@/lib/contracts/run-status";
import { addValue, removeValue, setSingle, type ListKey, type RunsView } from "@/lib/runs/run-filter";
import { timeWindows } from "./filter-suggest";
import { listedLook } from "./status";
import { OthersText } from "@/components/ui/others-text";

export interface FilterProps {
  view: RunsView;
  onChange: (next: RunsView) => void;
}

function toggle(view: RunsView, key: ListKey, value: string): RunsView {
  return view[key].some((held: string) => held === value) ? removeValue(view, key, value) : addValue(view, key, value);
}

export const StatusChoices = ({ view, onChange }: FilterProps) => (
  <>
    {listedStatuses.map((status) => {
      const { Icon, word, tone } = listedLook[status];
      return (
        <MenuCheck
          key={status}
          checked={view.status.includes(status)}
          onSelect={(event) => {
            event.preventDefault();
            onChange(toggle(view, "status", status));
          }}
        >
          <Icon aria-hidden className={cn("size-3.5", toneText[tone])} />
          {word}
        </MenuCheck>
      );
    })}
  </>
);

export type ValueKey = "task" | "tag" | "queue" | "version";

export function ValueChoices({ filter, values, view, onChange }: FilterProps & { filter: ValueKey; values: readonly string[] }) {
  const [text, setText] = useState("");
  const all = [...new Set([...view[filter], ...values])];
  const found = all.filter((value) => value.toLowerCase().includes(text.toLowerCase())).slice(0, 200);
  return (
    <>
      <Input
        aria-label={`Find a ${filter}`}
        placeholder={`Find a ${filter}`}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="mb-1"
      />
      <div className="max-h-72 overflow-y-auto">
        {found.map((value) => (
          <label key={value} className="flex h-7 items-center gap-2 rounded px-2 hover:bg-hover">
            <input
              type="checkbox"
              className="accent-accent"
              checked={view[filter].includes(value)}
              onChange={() => onChange(toggle(view, filter, value))}
            />
            <OthersText text={value} className="truncate" />
          </label>
        ))}
        {found.length === 0 ? (
          <p className="px-2 py-1 text-faint">{all.length === 0 ? `No ${filter}s yet.` : `No ${filter} has “${text}” in its name.`}</p>
        ) : null}
      </div>
    </>
  );
}

/** `2026-11-23T14:02` of the browser's zone. */
const toLocal = (iso: string | undefined): string => {
  if (iso === undefined) return "";
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};
const fromLocal = (value: string): string | undefined => (value === "" ? undefined : new Date(value).toISOString());

export function TimeChoices({ view, onChange, onChosen }: FilterProps & { onChosen: () => void }) {
  const isFixed = view.from !== undefined || view.to !== undefined;
  const choose = (last: string | undefined): void => {
    onChange(setSingle(setSingle(setSingle(view, "from", undefined), "to", undefined), "last", last));
    onChosen();
  };
  return (
    <>
      {timeWindows.map((window) => (
        <button
          key={window.value}
          type="button"
          aria-pressed={view.last === window.value}
          onClick={() => choose(window.value)}
          className="flex h-7 w-full items-center rounded px-2 hover:bg-hover aria-pressed:bg-active"
        >
          {window.text.replace("last", "Last")}
        </button>
      ))}
      <button
        type="button"
        aria-pressed={view.last === undefined && !isFixed}
        onClick={() => choose(undefined)}
        className="flex h-7 w-full items-center rounded px-2 hover:bg-hover aria-pressed:bg-active"
      >
        All time
      </button>
      <div className="mt-1 flex flex-col gap-2 border-t border-line px-2 pt-2">
        <Field label="Created from">
          {(control) => (
            <Input
              {...control}
              type="datetime-local"
              value={toLocal(view.from)}
              onChange={(event) => onChange(setSingle(view, "from", fromLocal(event.target.value)))}
            />
          )}
        </Field>
        <Field label="to">
          {(control) => (
            <Input
              {...control}
              type="datetime-local"
              value={toLocal(view.to)}
              onChange={(event) => onChange(setSingle(view, "to", fromLocal(event.target.value)))}
            />
          )}
        </Field>
      </div>
    </>
  );
}
