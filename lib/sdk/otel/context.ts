import { currentRun, currentScope, inScope } from "../scope";
import { createSpan, openSpanOf } from "../span";

/** Under this key the API of OpenTelemetry keeps the span of a context; `createContextKey` makes it so in every copy of the package. */
const spanKey = Symbol.for("OpenTelemetry Context Key SPAN");

/** What the API of OpenTelemetry calls a context: values that its users set, never changed. */
export class OtelContext {
  readonly #values: ReadonlyMap<symbol, unknown>;
  constructor(values: ReadonlyMap<symbol, unknown> = new Map()) {
    this.#values = values;
  }
  getValue(key: symbol): unknown {
    return this.#values.get(key);
  }
  setValue(key: symbol, value: unknown): OtelContext {
    return new OtelContext(new Map([...this.#values, [key, value]]));
  }
  deleteValue(key: symbol): OtelContext {
    return new OtelContext(new Map([...this.#values].filter(([known]) => known !== key)));
  }
}

/** Contexts of other copies of the API have the same methods. */
export interface AnyContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): AnyContext;
}

/** Id of the span of ours that a context holds; null: it holds none, or a foreign one. */
export const spanIdOf = (context: AnyContext): string | null => openSpanOf(context.getValue(spanKey))?.id ?? null;
/** Ids of the span that a context holds, ours or not. */
export const spanContextIn = (context: AnyContext): { spanId: string } | undefined =>
  (context.getValue(spanKey) as { spanContext?: () => { spanId: string } } | undefined)?.spanContext?.(); // by the API's convention
export const withSpan = (context: AnyContext, span: unknown): AnyContext => context.setValue(spanKey, span);

/** A context is part of the scope that code runs in, beside its run: what opens a span, either way, is what the other sees open. */
export const contextManager = {
  active(): AnyContext {
    const { otel, spanId } = currentScope();
    const given = otel ?? new OtelContext();
    if (spanId === undefined || spanIdOf(given) === spanId) return given;
    const open = currentRun()?.tracer.find(spanId);
    return open === undefined ? given : withSpan(given, createSpan(open));
  },
  with(context: AnyContext, work: (...given: unknown[]) => unknown, self?: unknown, ...given: unknown[]): unknown {
    return inScope({ otel: context, spanId: spanIdOf(context) ?? undefined }, () => Reflect.apply(work, self, given));
  },
  bind(context: AnyContext, target: unknown): unknown {
    if (typeof target !== "function") return target;
    return function bound(this: unknown, ...given: unknown[]): unknown {
      return inScope({ otel: context, spanId: spanIdOf(context) ?? undefined }, () => Reflect.apply(target, this, given));
    };
  },
  enable() {
    return contextManager;
  },
  disable() {
    return contextManager;
  },
};
