"use client";
import { useState } from "react";
import type { ScheduleRow } from "@/lib/contracts/schedule";
import { cronProblem, describeCron, isTimezone, listTimezones, nextTicks } from "@/lib/time/cron";
import { formatInstant } from "@/lib/view/format";
import type { Problem } from "../auth/request";
import { useNow } from "../live/live-provider";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, Input, NativeSelect } from "../ui/input";
import { readableText } from "@/lib/view/readable-text";
import { saveSchedule } from "./actions";

interface ScheduleDialogProps {
  /** Undefined: a new one. */
  schedule?: ScheduleRow;
  tasks: readonly string[];
  /** Chosen at first. */
  task?: string | undefined;
  onClose: () => void;
  onSaved: () => void;
}

const names = ["task", "cron", "timezone", "window", "externalId", "deduplicationKey"] as const;
type Name = (typeof names)[number];
type Errors = Partial<Record<Name | "general", string | undefined>>;

export function ScheduleDialog({ schedule, tasks, task, onClose, onSaved }: ScheduleDialogProps) {
  const [fields, setFields] = useState<Record<Name, string>>({
    task: schedule?.task ?? task ?? tasks[0] ?? "",
    cron: schedule?.cron ?? "0 9 * * *",
    timezone: schedule?.timezone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    window: schedule?.window ?? "",
    externalId: schedule?.externalId ?? "",
    deduplicationKey: schedule?.deduplicationKey ?? "",
  });
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const problem = cronProblem(fields.cron);
  const isZone = isTimezone(fields.timezone);
  // The one that it has may be in no version any more.
  const choices = tasks.includes(fields.task) || fields.task === "" ? tasks : [fields.task, ...tasks];

  function set(name: Name, value: string) {
    setFields({ ...fields, [name]: value });
    setErrors({ ...errors, [name]: undefined, general: undefined });
  }
  async function save() {
    setBusy(true);
    const { window, externalId, deduplicationKey, ...rest } = fields;
    const answer = await saveSchedule(schedule, {
      ...rest,
      deduplicationKey,
      ...(window.trim() !== "" && { window: window.trim() }),
      ...(externalId !== "" && { externalId }),
    });
    setBusy(false);
    if (!answer.ok) return setErrors(errorsOf(answer.problem));
    onSaved();
    onClose();
  }
  const text = (name: Name) => ({
    value: fields[name],
    spellCheck: false,
    onChange: (event: { target: { value: string } }) => set(name, event.target.value),
  });

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={schedule === undefined ? "Create a schedule" : "Edit the schedule"}
      footer={
        <>
          <Button onClick={onClose}>{schedule === undefined ? "Cancel" : "Keep as it is"}</Button>
          <Button look="primary" busy={busy} onClick={() => void save()}>
            {schedule === undefined ? "Create schedule" : "Save schedule"}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        <Field label="Task" error={errors.task}>
          {(control) => (
            <NativeSelect {...control} className="font-mono" value={fields.task} onChange={(event) => set("task", event.target.value)}>
              {choices.map((id) => (
                <option key={id} value={id}>
                  {readableText(id)}
                </option>
              ))}
            </NativeSelect>
          )}
        </Field>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field
            label="Cron"
            error={errors.cron ?? (problem === null ? undefined : `The pattern ${problem}.`)}
            help="minute, hour, day of month, month, day of week"
          >
            {(control) => <Input {...control} {...text("cron")} className="font-mono" />}
          </Field>
          <Field label="Time zone" error={errors.timezone ?? (isZone ? undefined : "No IANA name, such as Europe/Vienna.")}>
            {(control) => (
              <>
                <Input {...control} {...text("timezone")} list="schedule-zones" />
                <datalist id="schedule-zones">
                  {listTimezones().map((name) => (
                    <option key={name} value={name}>
                      {name}
                    </option>
                  ))}
                </datalist>
              </>
            )}
          </Field>
        </div>
        {problem === null && isZone ? <NextRuns cron={fields.cron} timezone={fields.timezone} /> : <div className="h-40" />}
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Window" error={errors.window} help="Spreads runs over the time after their tick: 30m, 2h, 20%. Empty: at the tick.">
            {(control) => <Input {...control} {...text("window")} className="font-mono" />}
          </Field>
          <Field label="External id" error={errors.externalId} help="Comes with the payload, such as a user's id.">
            {(control) => <Input {...control} {...text("externalId")} className="font-mono" />}
          </Field>
        </div>
        {schedule === undefined ? (
          <Field
            label="Deduplication key"
            error={errors.deduplicationKey}
            help="Optional. A schedule of this project that has it already is changed instead."
          >
            {(control) => <Input {...control} {...text("deduplicationKey")} className="font-mono" />}
          </Field>
        ) : null}
        {errors.general === undefined ? null : (
          <p role="alert" className="break-words text-bad">
            {errors.general}
          </p>
        )}
      </div>
    </Dialog>
  );
}

/** Each issue beside its field; what has none is said below. */
function errorsOf({ error, param, issues }: Problem): Errors {
  const errors: Errors = {};
  for (const { path, message } of issues.length > 0 ? issues : [{ path: param ?? "", message: error }])
    errors[names.find((name) => name === path) ?? "general"] = message;
  return errors;
}

const shown = 5;

/** In words, and the next times: by the schedule's clock and by the reader's. */
function NextRuns({ cron, timezone }: { cron: string; timezone: string }) {
  const ticks = nextTicks({ cron, timezone }, useNow(60_000), shown);
  const inZone = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    weekday: "short",
    day: "2-digit",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "shortOffset",
  });
  return (
    <section aria-label="Next runs" className="min-h-40 rounded border border-line bg-panel px-3 py-2">
      <p className="font-medium">{describeCron(cron)}</p>
      <table className="mt-1 w-full text-left font-mono text-sm">
        <thead>
          <tr className="text-faint">
            <th className="pr-4 font-normal">{timezone}</th>
            <th className="font-normal max-sm:hidden">Your time</th>
          </tr>
        </thead>
        <tbody>
          {ticks.map((tick) => (
            <tr key={tick}>
              <td className="pr-4">{inZone.format(tick)}</td>
              <td className="max-sm:hidden">{formatInstant(tick, "local").slice(0, 16)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
