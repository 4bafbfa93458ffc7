import { currentRun } from "../scope";
import type { SpanContext } from "../span";
import { contextManager, spanContextIn, withSpan } from "./context";

/** The trace and the span that a `traceparent` names. */
export function externalContextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = traceparent?.split("-") ?? [];
  return traceId === undefined || spanId === undefined || flags === undefined
    ? undefined
    : { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}

export function withExternalTrace<T>(work: () => T): T {
  const external = externalContextOf(currentRun()?.assignment.traceparent);
  if (external === undefined) return work();
  const context = contextManager.active();
  // The span that is open, as one of that trace: what is sent from here hangs below it there.
  const spanContext = { ...external, spanId: spanContextIn(context)?.spanId ?? external.spanId, isRemote: true };
  return contextManager.with(withSpan(context, { spanContext: () => spanContext }), work) as T; // `with` gives what `work` gives
}
