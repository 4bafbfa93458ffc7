// Without zod: the browser needs these on the first load.

/** Hours that the Metrics page looks back. */
export const metricsHours = [1, 24, 168, 720] as const;
export const metricsGroups = ["task", "queue", "version"] as const;
export type MetricsGroup = (typeof metricsGroups)[number];
