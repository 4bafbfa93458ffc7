import { createHash } from "node:crypto";
import { describe } from "@/lib/values/describe";
import { put } from "@/lib/values/put";
import { toAttributes } from "./run/attributes";
import type { OpenSpan } from "./run/tracer";

export interface SpanContext {
  /** 32 hexadecimal digits, the same for all runs of a tree. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  traceFlags: number;
}
export interface SpanLink {
  context: SpanContext;
  attributes?: Record<string, unknown> | undefined;
}

/** A span as OpenTelemetry's users know it. */
export interface Span {
  spanContext(): SpanContext;
  setAttribute(key: string, value: unknown): this;
  setAttributes(attributes: Record<string, unknown>): this;
  addEvent(name: string, attributesOrTime?: unknown, time?: unknown): this;
  addLink(link: SpanLink): this;
  addLinks(links: SpanLink[]): this;
  /** Code 2 is an error. */
  setStatus(status: { code: number; message?: string | undefined }): this;
  updateName(name: string): this;
  recordException(error: unknown): void;
  isRecording(): boolean;
  end(): void;
}

const errorStatus = 2;
/** Events and links of a span that are kept; how many more there were is told. */
const limits = { events: 10, links: 2 } as const;

const hex = (text: string, digits: number): string => createHash("sha256").update(text).digest("hex").slice(0, digits);
/** Ids as OpenTelemetry has them, always the same for a span. */
export const spanContextOf = ({ rootId, runId, id }: { rootId: string; runId: string; id: string }): SpanContext => ({
  traceId: hex(rootId, 32),
  spanId: hex(`${runId}/${id}`, 16),
  traceFlags: 1,
});

const spans = new WeakMap<OpenSpan, Span>();
const opened = new WeakMap<object, OpenSpan>();

/** The span of ours that stands behind a span of the API. */
export const openSpanOf = (span: unknown): OpenSpan | undefined =>
  typeof span === "object" && span !== null ? opened.get(span) : undefined;

export function createSpan(open: OpenSpan): Span {
  const known = spans.get(open);
  if (known !== undefined) return known;
  const { attributes } = open;
  const lists: Record<keyof typeof limits, unknown[]> = { events: [], links: [] };
  const dropped: Partial<Record<keyof typeof limits, number>> = {};
  const keep = (what: keyof typeof limits, item: object) => {
    if (lists[what].length < limits[what]) {
      lists[what].push(item);
      attributes[what] = lists[what];
      return;
    }
    dropped[what] = (dropped[what] ?? 0) + 1;
    attributes["dropped"] = dropped;
  };
  const span: Span = {
    spanContext: () => spanContextOf(open),
    setAttribute(key, value) {
      put(attributes, describe(key), value);
      return span;
    },
    setAttributes(given) {
      for (const [key, value] of Object.entries(toAttributes(given))) put(attributes, key, value);
      return span;
    },
    addEvent(name, given) {
      // Second may be a time, which is told by when it came.
      const facts =
        typeof given === "object" && given !== null && !(given instanceof Date) && !Array.isArray(given) ? toAttributes(given) : {};
      keep("events", { name: describe(name), at: new Date().toISOString(), ...facts });
      return span;
    },
    addLink({ context, attributes: facts }) {
      keep("links", { traceId: context.traceId, spanId: context.spanId, ...toAttributes(facts) });
      return span;
    },
    addLinks(links) {
      for (const link of links) span.addLink(link);
      return span;
    },
    setStatus({ code, message }) {
      if (code === errorStatus) open.fail(message ?? "error");
      return span;
    },
    updateName(name) {
      open.name = describe(name);
      return span;
    },
    recordException: (error) => open.fail(error),
    isRecording: () => open.isOpen(),
    end: () => open.end(),
  };
  spans.set(open, span);
  opened.set(span, open);
  return span;
}

/** Outside a run there is no trace to write to. */
export const idleSpan: Span = {
  spanContext: () => ({ traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 }),
  setAttribute: () => idleSpan,
  setAttributes: () => idleSpan,
  addEvent: () => idleSpan,
  addLink: () => idleSpan,
  addLinks: () => idleSpan,
  setStatus: () => idleSpan,
  updateName: () => idleSpan,
  recordException: () => {},
  isRecording: () => false,
  end: () => {},
};
