import { describe } from "@/lib/values/describe";
import { currentRun } from "../scope";
import { createSpan, idleSpan, type Span, type SpanLink } from "../span";
import { contextManager, spanIdOf, withSpan, type AnyContext } from "./context";

interface StartOptions {
  kind?: number | undefined;
  attributes?: Record<string, unknown> | undefined;
  links?: SpanLink[] | undefined;
  root?: boolean | undefined;
}

/** Kinds of spans by their numbers in the API. */
const kinds = ["internal", "server", "client", "producer", "consumer"] as const;

/** What the API of OpenTelemetry gives out as a tracer: its spans are spans of the run's trace. Outside of runs they are idle. */
const tracer = {
  startSpan(
    name: string,
    { kind = 0, attributes, links = [], root }: StartOptions = {},
    context: AnyContext = contextManager.active(),
  ): Span {
    const run = currentRun();
    if (run === undefined) return idleSpan;
    const kindName = kinds[kind];
    const given = { ...attributes, ...(kindName !== undefined && kindName !== "internal" && { "span.kind": kindName }) };
    const span = createSpan(
      run.tracer.start(describe(name), {
        icon: kind === 2 ? "http" : "custom",
        attributes: given,
        parentId: root === true ? null : spanIdOf(context),
      }),
    );
    return links.length > 0 ? span.addLinks(links) : span;
  },
  startActiveSpan(name: string, ...given: unknown[]): unknown {
    const work = given.pop();
    if (typeof work !== "function") throw new TypeError("startActiveSpan takes a function last");
    const [options, context = contextManager.active()] = given as [StartOptions?, AnyContext?]; // by the API's overloads
    const span = tracer.startSpan(name, options, context);
    return contextManager.with(withSpan(context, span), () => Reflect.apply(work, undefined, [span]));
  },
};

export const tracerProvider = { getTracer: () => tracer };
