"use client";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Field, Input } from "@/components/ui/input";
import { Menu, MenuCheck, Popover } from "@/components/ui/menu";
import { toneText } from "@/components/ui/tone";
import type { Facets } from "@/lib/contracts/dashboard";
import { runStatuses } from "@/lib/contracts/run-status";
import { addValue, removeValue, setSingle, type ListKey, type RunsView } from "@/lib/run-filter";
import { timeWindows } from "./filter-suggest";
import { statusLook } from "./status";

interface FilterProps {
  view: RunsView;
  onChange: (next: RunsView) => void;
}

const trigger = (label: string, active: boolean) => (
  <Button size="sm" look={active ? "plain" : "ghost"} className="h-8 font-normal">
    {label}
    <ChevronDown aria-hidden className="size-3" />
  </Button>
);

function toggle(view: RunsView, key: ListKey, value: string): RunsView {
  return view[key].some((held) => held === value) ? removeValue(view, key, value) : addValue(view, key, value);
}

export function FilterMenus({ view, onChange, facets }: FilterProps & { facets: Facets }) {
  return (
    <div className="-my-1 flex max-w-full items-center gap-1 overflow-x-auto py-1 [scrollbar-width:none]">
      <Menu trigger={trigger("Status", view.status.length > 0)} className="max-h-[28rem]">
        {runStatuses.map((status) => {
          const { Icon, word, tone } = statusLook[status];
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
      </Menu>
      <ValueMenu label="Task" filter="task" values={facets.tasks} view={view} onChange={onChange} />
      <ValueMenu label="Tag" filter="tag" values={facets.tags} view={view} onChange={onChange} />
      <ValueMenu label="Queue" filter="queue" values={facets.queues} view={view} onChange={onChange} />
      <TimeMenu view={view} onChange={onChange} />
      <Button size="sm" look={view.rootOnly ? "plain" : "ghost"} className="h-8 font-normal" aria-pressed={view.rootOnly !== undefined} onClick={() => onChange(setSingle(view, "rootOnly", view.rootOnly ? undefined : "true"))}>
        Root only
      </Button>
    </div>
  );
}

function ValueMenu({ label, filter, values, view, onChange }: FilterProps & { label: string; filter: Exclude<ListKey, "status">; values: readonly string[] }) {
  const [text, setText] = useState("");
  const all = [...new Set([...view[filter], ...values])];
  const found = all.filter((value) => value.toLowerCase().includes(text.toLowerCase())).slice(0, 200);
  return (
    <Popover trigger={trigger(label, view[filter].length > 0)} className="w-72">
      <Input aria-label={`Find a ${filter}`} placeholder={`Find a ${filter}`} value={text} onChange={(event) => setText(event.target.value)} className="mb-1" />
      <div className="max-h-72 overflow-y-auto">
        {found.map((value) => (
          <label key={value} className="flex h-7 items-center gap-2 rounded px-2 hover:bg-hover">
            <input type="checkbox" className="accent-accent" checked={view[filter].includes(value)} onChange={() => onChange(toggle(view, filter, value))} />
            <bdi className="truncate">{value}</bdi>
          </label>
        ))}
        {found.length === 0 ? <p className="px-2 py-1 text-faint">{all.length === 0 ? `No ${filter}s yet.` : `No ${filter} has “${text}” in its name.`}</p> : null}
      </div>
    </Popover>
  );
}

/** `2026-11-23T14:02` of the browser's zone. */
const toLocal = (iso: string | undefined): string => {
  if (iso === undefined) return "";
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};
const fromLocal = (value: string): string | undefined => (value === "" ? undefined : new Date(value).toISOString());

function TimeMenu({ view, onChange }: FilterProps) {
  const [open, setOpen] = useState(false);
  const chosen = timeWindows.find((window) => window.value === view.last);
  const isFixed = view.from !== undefined || view.to !== undefined;
  const choose = (last: string | undefined): void => {
    onChange(setSingle(setSingle(setSingle(view, "from", undefined), "to", undefined), "last", last));
    setOpen(false);
  };
  return (
    <Popover open={open} onOpenChange={setOpen} trigger={trigger(chosen ? chosen.text.replace("last", "Last") : view.last ? `Last ${view.last}` : isFixed ? "Set time" : "All time", view.last !== undefined || isFixed)} className="w-64">
      {timeWindows.map((window) => (
        <button key={window.value} type="button" aria-pressed={view.last === window.value} onClick={() => choose(window.value)} className="flex h-7 w-full items-center rounded px-2 hover:bg-hover aria-pressed:bg-active">
          {window.text.replace("last", "Last")}
        </button>
      ))}
      <button type="button" aria-pressed={view.last === undefined && !isFixed} onClick={() => choose(undefined)} className="flex h-7 w-full items-center rounded px-2 hover:bg-hover aria-pressed:bg-active">
        All time
      </button>
      <div className="mt-1 flex flex-col gap-2 border-t border-line px-2 pt-2">
        <Field label="Created from">{(control) => <Input {...control} type="datetime-local" value={toLocal(view.from)} onChange={(event) => onChange(setSingle(view, "from", fromLocal(event.target.value)))} />}</Field>
        <Field label="to">{(control) => <Input {...control} type="datetime-local" value={toLocal(view.to)} onChange={(event) => onChange(setSingle(view, "to", fromLocal(event.target.value)))} />}</Field>
      </div>
    </Popover>
  );
}
