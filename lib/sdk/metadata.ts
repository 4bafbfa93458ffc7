import { z } from "zod";
import type { MetadataOperation } from "@/lib/contracts/run";
import type { ApiRequestOptions } from "@/lib/client/http";
import { apiClient } from "./api";
import type { JsonValue } from "./options";
import type { MetadataTarget } from "./run/progress";
import { isMetadataKey } from "@/lib/values/metadata";
import { toPlain } from "@/lib/values/to-plain";
import { numberMeant, recordMeant, textMeant } from "./meant";
import { currentRun, warnOutside } from "./scope";
import { streams } from "./streams";

export type RunMetadata = Record<string, JsonValue>;

export interface RunMetadataUpdater {
  /** A key that begins with `$.` is a path: `$.steps[0].done`. */
  set(key: string, value: JsonValue): this;
  del(key: string): this;
  /** Makes an array of what is there. */
  append(key: string, value: JsonValue): this;
  /** Removes equal items of an array. */
  remove(key: string, value: JsonValue): this;
  increment(key: string, value?: number): this;
  decrement(key: string, value?: number): this;
  /** Replaces the whole object. */
  update(metadata: RunMetadata): this;
  /** @deprecated use streams.pipe */
  stream<T>(key: string, source: AsyncIterable<T> | ReadableStream<T>, signal?: AbortSignal): Promise<AsyncIterable<T>>;
}

/** Dates become text, as they would on the way to the database: what `get` returns is what every reader sees. */
const plain = (value: unknown): unknown => toPlain(value) ?? null;
function keyOf(key: unknown): string {
  const text = textMeant("The key of metadata", key);
  if (isMetadataKey(text)) return text;
  throw new TypeError(`The key of metadata ${JSON.stringify(text.slice(0, 100))} is no name and no path such as $.steps[0].done`);
}

/** Changes are buffered; outside a run they change nothing, and say so. */
function apply(target: MetadataTarget, operation: MetadataOperation): void {
  const run = currentRun();
  if (run === undefined) warnOutside(`metadata.${target === "self" ? "" : `${target}.`}${operation.type}`);
  else run.metadata.apply(target, operation);
}

function updater(target: MetadataTarget): RunMetadataUpdater {
  return {
    set(key, value) {
      apply(target, value === undefined ? { type: "delete", key: keyOf(key) } : { type: "set", key: keyOf(key), value: plain(value) });
      return this;
    },
    del(key) {
      apply(target, { type: "delete", key: keyOf(key) });
      return this;
    },
    append(key, value) {
      apply(target, { type: "append", key: keyOf(key), value: plain(value) });
      return this;
    },
    remove(key, value) {
      apply(target, { type: "remove", key: keyOf(key), value: plain(value) });
      return this;
    },
    increment(key, value = 1) {
      apply(target, { type: "increment", key: keyOf(key), value: numberMeant("metadata.increment", value) });
      return this;
    },
    decrement(key, value = 1) {
      apply(target, { type: "increment", key: keyOf(key), value: -numberMeant("metadata.decrement", value) });
      return this;
    },
    update(metadata) {
      apply(target, { type: "update", value: recordMeant("Metadata", plain(metadata)) });
      return this;
    },
    async stream(key, source, signal) {
      return streams.pipe(key, source, { signal, target }).stream;
    },
  };
}

const self = updater("self");

export const metadata = {
  ...self,
  /** The whole object; undefined outside a run. */
  // What JSON holds.
  current: (): RunMetadata | undefined => currentRun()?.metadata.current() as RunMetadata | undefined,
  get: (key: string): JsonValue | undefined => {
    const current = currentRun()?.metadata.current();
    return current !== undefined && Object.hasOwn(current, key) ? (current[key] as JsonValue) : undefined; // what JSON holds
  },
  replace: (value: RunMetadata): void => void self.update(value),
  /** @deprecated use replace */
  save: (value: RunMetadata): void => void self.update(value),
  /** Sends what is buffered now. */
  flush: async (): Promise<void> => currentRun()?.progress.flush(),
  /** Reads the stored metadata again: changes from outside. */
  refresh: async (requestOptions?: ApiRequestOptions): Promise<void> => {
    const run = currentRun();
    if (run === undefined) return;
    run.progress.flush();
    const stored = await apiClient().request(z.object({ metadata: z.record(z.string(), z.unknown()) }), `/api/v1/runs/${run.id}/metadata`, {
      options: requestOptions,
    });
    run.metadata.replace(JSON.stringify(stored.metadata));
  },
  fetchStream: <T>(key: string, signal?: AbortSignal): Promise<AsyncIterable<T>> => {
    const run = currentRun();
    if (run === undefined) throw new Error("metadata.fetchStream works only inside a run: use streams.read(runId, key)");
    return streams.read<T>(run.id, key, { signal });
  },
  parent: updater("parent"),
  root: updater("root"),
};
