"use client";
import type { Facets, TaskSummary } from "@/lib/contracts/dashboard";
import { machinePresets } from "@/lib/contracts/limits";
import type { FieldErrors, TriggerField, TriggerFields } from "@/lib/forms/trigger-form";
import { JsonEditor } from "../json/json-editor";
import { Field, Input, NativeSelect } from "../ui/input";
import { TagInput } from "./tag-input";

export interface OptionsPanelProps {
  task: TaskSummary;
  fields: TriggerFields;
  errors: FieldErrors;
  facets: Facets | undefined;
  onChange: (change: Partial<TriggerFields>) => void;
  onSubmit: () => void;
}

type TextField = Exclude<TriggerField, "tags" | "machine" | "metadata">;
interface TextOption {
  name: TextField;
  label: string;
  placeholder: string;
  help: string;
  numeric?: true;
}

const options = (task: TaskSummary): readonly TextOption[] => [
  { name: "queue", label: "Queue", placeholder: task.queue, help: "Blank: the task's own" },
  { name: "concurrencyKey", label: "Concurrency key", placeholder: "user_123", help: "Runs of one key share the queue's limit" },
  { name: "delay", label: "Delay", placeholder: "10m or 2030-01-31T09:00:00Z", help: "Starts no sooner" },
  { name: "ttl", label: "Time to live", placeholder: "10m", help: "Expires if it has not started by then" },
  { name: "priority", label: "Priority", placeholder: "0", help: "Overtakes runs queued up to that many seconds earlier", numeric: true },
  {
    name: "maxAttempts",
    label: "Max attempts",
    placeholder: String(task.retry?.maxAttempts ?? 1),
    help: "Counts the first one",
    numeric: true,
  },
  {
    name: "maxDuration",
    label: "Max duration",
    placeholder: task.maxDuration === undefined ? "300" : String(task.maxDuration),
    help: "Seconds of compute per attempt, waits excluded",
    numeric: true,
  },
  { name: "idempotencyKey", label: "Idempotency key", placeholder: "order-88", help: "A second run with it is the first one" },
  { name: "idempotencyKeyTTL", label: "Key lives for", placeholder: "30d", help: "s, m, h or d" },
];

export function OptionsPanel({ task, fields, errors, facets, onChange, onSubmit }: OptionsPanelProps) {
  return (
    <div className="grid grid-cols-1 gap-3 px-4 py-3 sm:grid-cols-2 xl:grid-cols-1 2xl:grid-cols-2">
      <Field label="Tags" error={errors.tags} help="Enter adds one; up to 10" className="col-span-full">
        {(control) => <TagInput {...control} tags={fields.tags} known={facets?.tags ?? []} onChange={(tags) => onChange({ tags })} />}
      </Field>
      {options(task).map(({ name, label, placeholder, help, numeric }) => (
        <Field key={name} label={label} error={errors[name]} help={help}>
          {(control) => (
            <Input
              {...control}
              value={fields[name]}
              placeholder={placeholder}
              inputMode={numeric ? "numeric" : undefined}
              list={name === "queue" ? "test-queues" : undefined}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => onChange({ [name]: event.target.value })}
            />
          )}
        </Field>
      ))}
      <Field label="Machine" error={errors.machine} help="A process of its own with that memory">
        {(control) => (
          <NativeSelect {...control} value={fields.machine} onChange={(event) => onChange({ machine: event.target.value })}>
            <option value="">As the task says{task.machine === undefined ? "" : ` (${task.machine})`}</option>
            {Object.entries(machinePresets).map(([name, { cpu, memory }]) => (
              <option key={name} value={name}>
                {name}: {cpu} vCPU, {memory} GB
              </option>
            ))}
          </NativeSelect>
        )}
      </Field>
      <div className="col-span-full">
        <p className="mb-1 font-medium">Metadata</p>
        <JsonEditor
          label="Metadata"
          value={fields.metadata}
          onChange={(metadata) => onChange({ metadata })}
          error={errors.metadata}
          help="A JSON object the run starts with"
          minHeight="72px"
          maxHeight="240px"
          onSubmit={onSubmit}
        />
      </div>
      <datalist id="test-queues">
        {facets?.queues.map((queue) => (
          <option key={queue}>{queue}</option>
        ))}
      </datalist>
    </div>
  );
}
