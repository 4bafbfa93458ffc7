import { describe } from "@/lib/values/describe";
import { put } from "@/lib/values/put";
import { toAttributes } from "./run/attributes";
import type { OpenSpan } from "./run/tracer";

/** A span as OpenTelemetry's users know it. */
export interface Span {
  spanContext(): { traceId: string; spanId: string; traceFlags: number };
  setAttribute(key: string, value: unknown): this;
  setAttributes(attributes: Record<string, unknown>): this;
  addEvent(name: string, attributes?: Record<string, unknown>): this;
  /** Code 2 is an error. */
  setStatus(status: { code: number; message?: string | undefined }): this;
  updateName(name: string): this;
  recordException(error: unknown): void;
  isRecording(): boolean;
  end(): void;
}

const errorStatus = 2;

export function createSpan(open: OpenSpan): Span {
  let ended: "no" | "yes" = "no";
  const events: unknown[] = [];
  return {
    spanContext: () => ({ traceId: "", spanId: open.id, traceFlags: 1 }),
    setAttribute(key, value) {
      put(open.attributes, describe(key), value);
      return this;
    },
    setAttributes(attributes) {
      for (const [key, value] of Object.entries(toAttributes(attributes))) put(open.attributes, key, value);
      return this;
    },
    addEvent(name, attributes) {
      events.push({ name: describe(name), at: new Date().toISOString(), ...toAttributes(attributes) });
      open.attributes["events"] = events;
      return this;
    },
    setStatus({ code, message }) {
      if (code === errorStatus) open.fail(message ?? "error");
      return this;
    },
    updateName(name) {
      open.name = describe(name);
      return this;
    },
    recordException: (error) => open.fail(error),
    isRecording: () => ended === "no",
    end() {
      ended = "yes";
      open.end();
    },
  };
}

/** Outside a run there is no trace to write to. */
export const idleSpan: Span = {
  spanContext: () => ({ traceId: "", spanId: "", traceFlags: 0 }),
  setAttribute: () => idleSpan,
  setAttributes: () => idleSpan,
  addEvent: () => idleSpan,
  setStatus: () => idleSpan,
  updateName: () => idleSpan,
  recordException: () => {},
  isRecording: () => false,
  end: () => {},
};
