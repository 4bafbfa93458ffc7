"use client";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { lazily } from "@/components/ui/lazily";
import { Menu, Popover } from "@/components/ui/menu";
import type { Facets } from "@/lib/contracts/dashboard";
import { setSingle } from "@/lib/runs/run-filter";
import type { FilterProps, ValueKey } from "./filter-choices";
import { timeWindows } from "./filter-suggest";

const StatusChoices = lazily(async () => (await import("./filter-choices")).StatusChoices);
const ValueChoices = lazily(async () => (await import("./filter-choices")).ValueChoices);
const TimeChoices = lazily(async () => (await import("./filter-choices")).TimeChoices);

const trigger = (label: string, active: boolean) => (
  <Button size="sm" look={active ? "plain" : "ghost"} className="h-8 font-normal">
    {label}
    <ChevronDown aria-hidden className="size-3 max-sm:hidden" />
  </Button>
);

export function FilterMenus({ view, onChange, facets }: FilterProps & { facets: Facets }) {
  return (
    // A phone has one line of them, beside what is done with the list, and moves it with a finger.
    <div className="-my-1 flex max-w-full min-w-0 items-center gap-1 overflow-x-auto py-1 [scrollbar-width:none] max-sm:flex-1 max-sm:pr-8 max-sm:[mask-image:linear-gradient(to_left,transparent,black_3rem)]">
      <Menu trigger={trigger("Status", view.status.length > 0)} className="max-h-[28rem]" preload={StatusChoices.preload}>
        <StatusChoices view={view} onChange={onChange} />
      </Menu>
      <ValueMenu label="Task" filter="task" values={facets.tasks} view={view} onChange={onChange} />
      <ValueMenu label="Tag" filter="tag" values={facets.tags} view={view} onChange={onChange} />
      <ValueMenu label="Queue" filter="queue" values={facets.queues} view={view} onChange={onChange} />
      <ValueMenu label="Version" filter="version" values={facets.versions} view={view} onChange={onChange} />
      <TimeMenu view={view} onChange={onChange} />
      <Button
        size="sm"
        look={view.rootOnly ? "plain" : "ghost"}
        className="h-8 font-normal"
        aria-pressed={view.rootOnly !== undefined}
        onClick={() => onChange(setSingle(view, "rootOnly", view.rootOnly ? undefined : "true"))}
      >
        Root only
      </Button>
    </div>
  );
}

function ValueMenu({ label, filter, view, ...rest }: FilterProps & { label: string; filter: ValueKey; values: readonly string[] }) {
  return (
    <Popover trigger={trigger(label, view[filter].length > 0)} className="w-72" preload={ValueChoices.preload}>
      <ValueChoices filter={filter} view={view} {...rest} />
    </Popover>
  );
}

function TimeMenu({ view, onChange }: FilterProps) {
  const [open, setOpen] = useState(false);
  const chosen = timeWindows.find((window) => window.value === view.last);
  const isFixed = view.from !== undefined || view.to !== undefined;
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      trigger={trigger(
        chosen ? chosen.text.replace("last", "Last") : view.last ? `Last ${view.last}` : isFixed ? "Set time" : "All time",
        view.last !== undefined || isFixed,
      )}
      className="w-64"
      preload={TimeChoices.preload}
    >
      <TimeChoices view={view} onChange={onChange} onChosen={() => setOpen(false)} />
    </Popover>
  );
}
