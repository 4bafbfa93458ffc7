import { absentDefinition } from "./absent/absent";

export const otel = {
  /** `work`, in the trace of whoever triggered the run. Runs here have no trace outside of Signalbox: nothing changes for it. */
  withExternalTrace: <T>(work: () => T): T => work(),
  metrics: { getMeter: absentDefinition("otel.metrics.getMeter", "Send measurements to your metrics backend with its own client") },
};
