import { limits, machinePresets } from "@/lib/contracts/limits";
import type { MachinePreset } from "@/lib/contracts/task";
import { parseDue, parseKeyTtl, parseTtl } from "@/lib/time/duration";

/** What the fields of the Test page hold: text as typed. Blank means "as the task says". */
export interface TriggerFields {
  tags: string[];
  queue: string;
  concurrencyKey: string;
  delay: string;
  ttl: string;
  priority: string;
  maxAttempts: string;
  maxDuration: string;
  machine: string;
  idempotencyKey: string;
  idempotencyKeyTTL: string;
  metadata: string;
}
export type TriggerField = keyof TriggerFields;
export type FieldErrors = Partial<Record<TriggerField, string>>;

export const blankFields: TriggerFields = {
  tags: [],
  queue: "",
  concurrencyKey: "",
  delay: "",
  ttl: "",
  priority: "",
  maxAttempts: "",
  maxDuration: "",
  machine: "",
  idempotencyKey: "",
  idempotencyKeyTTL: "",
  metadata: "",
};

const isMachine = (name: string): name is MachinePreset => Object.hasOwn(machinePresets, name);

/** One check per field; null means that the text is fine or blank. */
const checks: Record<TriggerField, (fields: TriggerFields, now: number) => string | null> = {
  tags: ({ tags }) =>
    tags.length > limits.tagsPerRun
      ? `A run has at most ${limits.tagsPerRun} tags; remove ${tags.length - limits.tagsPerRun}`
      : tags.some((tag) => tag.length > limits.tagLength)
        ? `A tag has at most ${limits.tagLength} characters`
        : null,
  queue: ({ queue }) => (queue.trim().length > 128 ? "A queue name has at most 128 characters" : null),
  concurrencyKey: () => null,
  delay: ({ delay }, now) =>
    blank(delay) || parseDue(delay, now) !== null ? null : "Write a duration such as 10m or 1h30m, or a date such as 2030-01-31T09:00:00Z",
  ttl: ({ ttl }) =>
    blank(ttl) || parseTtl(/^\d+$/.test(ttl.trim()) ? Number(ttl) : ttl) !== null ? null : "Write a duration such as 10m, or seconds",
  priority: ({ priority }) => numberIn(priority, { min: -86_400 * 365, max: 86_400 * 365, unit: "seconds" }),
  maxAttempts: ({ maxAttempts }) => numberIn(maxAttempts, { min: 1, max: 250, unit: "attempts", whole: true }),
  maxDuration: ({ maxDuration }) => numberIn(maxDuration, { min: 5, max: 86_400 * 365, unit: "seconds" }),
  machine: ({ machine }) => (machine === "" || isMachine(machine) ? null : `Choose one of ${Object.keys(machinePresets).join(", ")}`),
  idempotencyKey: ({ idempotencyKey }) =>
    idempotencyKey.length > limits.idempotencyKeyLength ? `A key has at most ${limits.idempotencyKeyLength} characters` : null,
  idempotencyKeyTTL: ({ idempotencyKeyTTL: ttl, idempotencyKey }) =>
    blank(ttl)
      ? null
      : blank(idempotencyKey)
        ? "Give an idempotency key for this to apply to"
        : parseKeyTtl(ttl.trim()) === null
          ? "Write one number and s, m, h or d, such as 24h"
          : null,
  metadata: ({ metadata }) => (blank(metadata) ? null : objectError(metadata)),
};

export function checkFields(fields: TriggerFields, now: number): FieldErrors {
  const errors: FieldErrors = {};
  for (const [field, check] of Object.entries(checks)) {
    const error = check(fields, now);
    // Object.entries forgets that the keys of a Record are its key type.
    if (error !== null) errors[field as TriggerField] = error;
  }
  return errors;
}

/** `options` of the trigger request; call it on fields without errors. */
export function toOptions(fields: TriggerFields): Record<string, unknown> {
  const text = (name: string, value: string) => (blank(value) ? {} : { [name]: value.trim() });
  const number = (name: string, value: string) => (blank(value) ? {} : { [name]: Number(value) });
  return {
    payloadType: "application/json",
    test: true,
    ...(fields.tags.length === 0 ? {} : { tags: fields.tags }),
    ...(blank(fields.queue) ? {} : { queue: { name: fields.queue.trim() } }),
    ...text("concurrencyKey", fields.concurrencyKey),
    ...text("delay", fields.delay),
    ...(/^\d+$/.test(fields.ttl.trim()) ? number("ttl", fields.ttl) : text("ttl", fields.ttl)),
    ...number("priority", fields.priority),
    ...number("maxAttempts", fields.maxAttempts),
    ...number("maxDuration", fields.maxDuration),
    ...text("machine", fields.machine),
    ...text("idempotencyKey", fields.idempotencyKey),
    ...text("idempotencyKeyTTL", fields.idempotencyKeyTTL),
    ...(blank(fields.metadata) ? {} : { metadata: JSON.parse(fields.metadata) as unknown }),
  };
}

/** How many options differ from the task's own. */
export const changedFields = (fields: TriggerFields): number => Object.values(fields).filter((value) => value.length > 0).length;

const blank = (text: string): boolean => text.trim() === "";

function numberIn(text: string, range: { min: number; max: number; unit: string; whole?: true }): string | null {
  if (blank(text)) return null;
  const value = Number(text);
  if (Number.isNaN(value)) return `Write a number of ${range.unit}`;
  if (range.whole === true && !Number.isInteger(value)) return `Write a whole number of ${range.unit}`;
  if (value < range.min) return `At least ${range.min} ${range.unit}`;
  return value > range.max ? `At most ${range.max} ${range.unit}` : null;
}

function objectError(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? null
      : 'Metadata is a JSON object, such as {"orderId": 7}';
  } catch (error) {
    return error instanceof Error ? error.message : "Not valid JSON";
  }
}
