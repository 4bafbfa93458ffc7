import { metricsGroups, metricsHours, type MetricsGroup } from "@/lib/contracts/metrics-choices";
import { failedStatuses } from "@/lib/contracts/run-status";

/** What the page shows, as it stands in the address; "" is all. */
export interface MetricsView {
  hours: number;
  by: MetricsGroup;
  task: string;
  queue: string;
  version: string;
}

export const defaultView: MetricsView = { hours: 24, by: "task", task: "", queue: "", version: "" };

export function viewOfMetrics(params: URLSearchParams): MetricsView {
  return {
    hours: metricsHours.find((hours) => String(hours) === params.get("hours")) ?? defaultView.hours,
    by: metricsGroups.find((by) => by === params.get("by")) ?? defaultView.by,
    task: params.get("task") ?? "",
    queue: params.get("queue") ?? "",
    version: params.get("version") ?? "",
  };
}

/** Query of `GET /api/dashboard/metrics`. */
export function metricsQuery({ hours, by, ...names }: MetricsView): URLSearchParams {
  const query = new URLSearchParams({ hours: String(hours), by });
  for (const [key, value] of Object.entries(names)) if (value !== "") query.set(key, value);
  return query;
}

export interface RunsOf {
  fromMs: number;
  toMs: number;
  /** Whether they ended or started in that time. */
  clock: "finished" | "started";
  isFailed?: boolean;
  longerThanMs?: number;
}

/** The page of the runs that a part of a chart tells of. */
export function runsHref(
  { task, queue, version }: Pick<MetricsView, "task" | "queue" | "version">,
  { fromMs, toMs, clock, isFailed = false, longerThanMs }: RunsOf,
): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries({ task, queue, version })) if (value !== "") params.append(key, value);
  if (isFailed) for (const status of failedStatuses) params.append("status", status);
  params.set(clock, `${new Date(fromMs).toISOString()}..${new Date(toMs).toISOString()}`);
  if (longerThanMs !== undefined) params.set("longerThan", `${longerThanMs}ms`);
  return `/runs?${params}`;
}
