import type { KeyPreset } from "@/lib/contracts/key-presets";

interface PresetWords {
  title: string;
  /** What it may do, in one sentence. */
  about: string;
}

export const presetWords: Record<KeyPreset, PresetWords> = {
  full: { title: "No restrictions", about: "Everything in this environment." },
  trigger: { title: "Trigger only", about: "Triggers tasks and batches, and uploads their payloads." },
  "task-operator": { title: "Task operator", about: "Triggers tasks, and reads, cancels and replays their runs." },
  observer: { title: "Observer", about: "Reads everything but the values of variables; changes nothing." },
  operator: { title: "Operator", about: "Reads everything, and works with runs, tokens, queues, schedules and errors." },
  deploy: { title: "Deploy only", about: "Lists and promotes versions." },
  variables: { title: "Variables only", about: "Reads and sets the variables of this environment." },
};

/** How long a key or token lives, in days; `""` for ever. */
export const lifetimes = [
  { value: "", label: "Never" },
  { value: "7", label: "7 d" },
  { value: "30", label: "30 d" },
  { value: "90", label: "90 d" },
  { value: "365", label: "1 y" },
] as const;
export type Lifetime = (typeof lifetimes)[number]["value"];
