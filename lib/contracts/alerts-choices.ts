// Without zod: the browser needs these on the first load.

/**
 * What a rule measures in its window: failed or ended runs, ended runs per minute, failed ones of those that completed or failed (%),
 * a percentile of compute time or of the wait for a start (ms), or that no run was made at all.
 */
export const alertMeasures = ["failures", "ends", "rate", "failureRate", "duration", "wait", "silence"] as const;
export type AlertMeasure = (typeof alertMeasures)[number];
export const alertPercentiles = [50, 95, 99] as const;
export const alertWindows = [5, 15, 60, 360, 1440] as const;
export const channelKinds = ["email", "webhook", "slack"] as const;
export type ChannelKind = (typeof channelKinds)[number];
export const alertLimits = { rules: 100, channels: 50, name: 80, recipients: 10, events: 100 } as const;

/** Measures with a percentile, whose bound is in ms. */
export const isTimed = (measure: AlertMeasure): boolean => measure === "duration" || measure === "wait";
