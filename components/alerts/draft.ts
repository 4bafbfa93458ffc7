import type { AlertCondition } from "@/lib/contracts/alerts";
import { alertMeasures, alertWindows, isTimed, type AlertMeasure } from "@/lib/contracts/alerts-choices";
import { parseDuration } from "@/lib/time/duration";

/** A condition as it is written: bounds as text, names joined by commas. */
export interface Draft {
  name: string;
  measure: AlertMeasure;
  percentile: string;
  bound: string;
  windowMinutes: string;
  task: string;
  queue: string;
  channels: readonly string[];
}

export const emptyDraft: Draft = {
  name: "",
  measure: "failures",
  percentile: "95",
  bound: "5",
  windowMinutes: "15",
  task: "",
  queue: "",
  channels: [],
};
const usualBounds: Record<AlertMeasure, string> = {
  failures: "5",
  ends: "1000",
  rate: "100",
  failureRate: "10",
  duration: "1m",
  wait: "30s",
  silence: "0",
};

/** Another measure has another kind of bound. */
export const withMeasure = (draft: Draft, measure: AlertMeasure): Draft => ({ ...draft, measure, bound: usualBounds[measure] });

export const draftOf = (
  name: string,
  { measure, percentile, bound, windowMinutes, task, queue }: AlertCondition,
  channels: readonly string[],
): Draft => ({
  name,
  measure,
  percentile: String(percentile),
  bound: isTimed(measure) ? `${bound}ms` : String(bound),
  windowMinutes: String(windowMinutes),
  task: task.join(", "),
  queue: queue.join(", "),
  channels,
});

/** From the address of a page that leads here: `?new=failureRate&task=…&queue=…`; null: it does not ask for one. */
export function draftFromParams(params: URLSearchParams): Draft | null {
  if (!params.has("new")) return null;
  const measure = alertMeasures.find((one) => one === params.get("new")) ?? emptyDraft.measure;
  return { ...withMeasure(emptyDraft, measure), task: params.getAll("task").join(", "), queue: params.getAll("queue").join(", ") };
}

const names = (text: string) =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** The condition, or what is wrong with what is written for its bound. */
export function conditionOf({ measure, percentile, bound, windowMinutes, task, queue }: Draft): AlertCondition | string {
  const value =
    measure === "silence" ? 0 : isTimed(measure) ? parseDuration(bound) : /^\d+(\.\d+)?$/.test(bound.trim()) ? Number(bound) : null;
  if (value === null) return isTimed(measure) ? "Write a duration, such as 90s or 5m" : "Write a number, such as 5";
  if (measure === "failureRate" && value >= 100) return "Write a share below 100 %";
  return {
    measure,
    percentile: Number(percentile),
    bound: value,
    windowMinutes: alertWindows.find((one) => String(one) === windowMinutes) ?? 15,
    task: names(task),
    queue: names(queue),
  };
}
