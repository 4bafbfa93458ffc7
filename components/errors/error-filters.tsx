"use client";
import { Choice } from "@/components/ui/choice";
import { Segmented } from "@/components/ui/segmented";
import { errorsHours, errorsStates, hoursWords, stateWords, type ErrorsView } from "./error-query";

export function ErrorFilters({
  view,
  tasks,
  versions,
  onChange,
}: {
  view: ErrorsView;
  tasks: readonly string[];
  versions: readonly string[];
  onChange: (change: Partial<Record<keyof ErrorsView, string | null>>) => void;
}) {
  return (
    <>
      <Segmented
        label="State"
        value={view.state}
        onChange={(state) => onChange({ state: state === "open" ? null : state })}
        options={errorsStates.map((value) => ({ value, label: stateWords[value] }))}
      />
      <Segmented
        label="Period"
        value={view.hours}
        onChange={(hours) => onChange({ hours: hours === "168" ? null : hours })}
        options={errorsHours.map((value) => ({ value, label: hoursWords[value] }))}
      />
      <Choice label="Task" none="All tasks" value={view.task} values={tasks} onChange={(task) => onChange({ task })} />
      <Choice label="Version" none="All versions" value={view.version} values={versions} onChange={(version) => onChange({ version })} />
    </>
  );
}
