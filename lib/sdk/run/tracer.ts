import { describe } from "@/lib/values/describe";
import { currentScope, inScope } from "../scope";
import { toAttributes, type Attributes } from "./attributes";
import type { ProgressBuffer, TraceLine } from "./progress";

export interface SpanOptions {
  icon?: string | undefined;
  attributes?: unknown;
  /** Default: the span that is open where it starts. */
  parentId?: string | null | undefined;
  /** Written only when something happens inside it, or it fails: a run that says nothing costs no trace. */
  quiet?: boolean | undefined;
}

export interface OpenSpan {
  readonly id: string;
  readonly runId: string;
  readonly rootId: string;
  name: string;
  readonly attributes: Attributes;
  fail(error: unknown): void;
  end(): void;
  isOpen(): boolean;
}

export interface Tracer {
  /** A span that is still open. */
  find(id: string): OpenSpan | undefined;
  start(name: string, options?: SpanOptions): OpenSpan;
  /** `work` inside a span of its own, which ends with it. */
  within<T>(name: string, options: SpanOptions, work: (span: OpenSpan) => T | Promise<T>): Promise<T>;
  log(level: string, message: string, properties?: unknown): void;
  /** Closes what is still open, so that no span of a finished run stays open. */
  close(): void;
}

/** Ids are `<attempt>.<n>` in the order of opening, so that a replayed attempt writes the same ones. */
export function createTracer({
  attempt,
  runId = "",
  rootId = runId,
  progress: buffer,
  replaying,
  tell,
  now = () => new Date(),
}: {
  attempt: number;
  runId?: string;
  rootId?: string;
  progress: ProgressBuffer;
  replaying: () => boolean;
  tell?: ((line: TraceLine) => void) | undefined;
  now?: () => Date;
}): Tracer {
  // What a replay writes again was told elsewhere the first time.
  const progress = tell === undefined ? buffer : { ...buffer, trace: (line: TraceLine) => (replaying() || tell(line), buffer.trace(line)) };
  let spans = 0;
  let logs = 0;
  const open = new Set<OpenSpan>();
  const unwritten = new Map<OpenSpan, () => TraceLine>();

  /** The quiet spans around what is written next, in the order in which they opened. */
  function writeQuiet(): void {
    for (const line of unwritten.values()) progress.trace(line());
    unwritten.clear();
  }

  function start(name: string, options: SpanOptions = {}): OpenSpan {
    const id = `${attempt}.${++spans}`;
    const parentId = options.parentId === undefined ? (currentScope().spanId ?? null) : options.parentId;
    const at = now();
    let isError = false;
    const line = () => ({
      attempt,
      kind: "span" as const,
      spanId: id,
      parentId,
      name: span.name,
      at: at.toISOString(),
      ...(options.icon !== undefined && { icon: options.icon }),
      ...(Object.keys(span.attributes).length > 0 && { attributes: toAttributes(span.attributes) }),
    });
    const span: OpenSpan = {
      id,
      runId,
      rootId,
      name,
      attributes: toAttributes(options.attributes),
      fail(error) {
        isError = true;
        span.attributes["error"] = describe(error);
      },
      end() {
        if (!open.delete(span)) return;
        if (isError || Object.keys(span.attributes).length > 0) writeQuiet();
        if (unwritten.delete(span)) return;
        progress.trace({ ...line(), endedAt: now().toISOString(), ...(isError && { isError }) });
      },
      isOpen: () => open.has(span),
    };
    open.add(span);
    if (options.quiet === true) {
      unwritten.set(span, line);
      return span;
    }
    writeQuiet();
    progress.trace(line());
    return span;
  }

  return {
    start,
    find: (id) => [...open].find((span) => span.id === id),
    async within(name, options, work) {
      const span = start(name, options);
      try {
        return await inScope({ spanId: span.id }, () => work(span));
      } catch (error) {
        span.fail(error);
        throw error;
      } finally {
        span.end();
      }
    },
    log(level, message, properties) {
      const id = `${attempt}.l${++logs}`;
      const attributes = toAttributes(properties);
      writeQuiet();
      // The first time round it was written: muted until the code goes on where it was lost.
      if (replaying()) return progress.skipTrace();
      progress.trace({
        attempt,
        kind: "log",
        spanId: id,
        parentId: currentScope().spanId ?? null,
        name: message.length > maxMessage ? `${message.slice(0, maxMessage)}… (${message.length - maxMessage} more characters)` : message,
        level,
        at: now().toISOString(),
        ...(level === "error" && { isError: true }),
        ...(Object.keys(attributes).length > 0 && { attributes }),
      });
    },
    close() {
      for (const span of [...open].toReversed()) span.end();
    },
  };
}

/** Longest log line that is kept whole, characters. */
const maxMessage = 131_072;
