import { registered } from "./otel/api";
import { withExternalTrace } from "./otel/external-trace";

/** An instrument that measures for nobody. */
const instrument = { add: () => {}, record: () => {}, addCallback: () => {}, removeCallback: () => {} };
const idleMeter = {
  createCounter: () => instrument,
  createUpDownCounter: () => instrument,
  createHistogram: () => instrument,
  createGauge: () => instrument,
  createObservableCounter: () => instrument,
  createObservableUpDownCounter: () => instrument,
  createObservableGauge: () => instrument,
  addBatchObservableCallback: () => {},
  removeBatchObservableCallback: () => {},
};

type Measure = (value: number, attributes?: Record<string, unknown>, context?: unknown) => void;
interface InstrumentOptions {
  description?: string | undefined;
  unit?: string | undefined;
  valueType?: number | undefined;
  advice?: object | undefined;
}
type Observe = (result: { observe: (value: number, attributes?: Record<string, unknown>) => void }) => void | Promise<void>;
interface Observed {
  addCallback: (callback: Observe) => void;
  removeCallback: (callback: Observe) => void;
}
/** As `Meter` of `@opentelemetry/api`. */
export interface Meter {
  createCounter: (name: string, options?: InstrumentOptions) => { add: Measure };
  createUpDownCounter: (name: string, options?: InstrumentOptions) => { add: Measure };
  createHistogram: (name: string, options?: InstrumentOptions) => { record: Measure };
  createGauge: (name: string, options?: InstrumentOptions) => { record: Measure };
  createObservableCounter: (name: string, options?: InstrumentOptions) => Observed;
  createObservableUpDownCounter: (name: string, options?: InstrumentOptions) => Observed;
  createObservableGauge: (name: string, options?: InstrumentOptions) => Observed;
}

export const otel = {
  /** `work`, in the trace of whoever triggered the run: what asks OpenTelemetry for the span that is open finds that trace's id. Without one nothing changes for it. */
  withExternalTrace,
  metrics: {
    /** A meter of the provider that the project has registered (`metrics.setGlobalMeterProvider`); where it has none, nothing is measured. */
    // The provider's meters are those of `@opentelemetry/api`.
    getMeter: (name: string, version?: string, options?: object): Meter =>
      (registered()?.metrics?.getMeter(name, version, options) ?? idleMeter) as Meter,
  },
};
