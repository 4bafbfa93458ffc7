"use client";
import { useEffect, useMemo, useRef } from "react";
import type { StreamPart } from "@/lib/client/event-stream";
import type { ApiClient } from "./api-client";
import { createFollower, toError } from "./follower";
import { gather } from "./throttle";
import { useApiClient, type UseApiClientOptions } from "./use-api-client";
import { useSubscribable } from "./use-subscribable";

export interface SSEStreamPart<T = unknown> {
  id: string;
  chunk: T;
  /** Epoch ms. */
  timestamp: number;
}

export interface UseRealtimeStreamOptions<T> extends UseApiClientOptions {
  id?: string;
  enabled?: boolean;
  /** Shortest time between two updates, ms. Default 16. */
  throttleInMs?: number;
  /** The stream ends when nothing came for so long. */
  timeoutInSeconds?: number;
  /** Index of the first chunk to read. */
  startIndex?: number;
  /** Go on after this chunk, as `lastEventId` gave it. Counts more than `startIndex` and `from`. */
  lastEventId?: string | number;
  /** `latest`: only chunks that are written after the read begins. */
  from?: "beginning" | "latest";
  /** Only so many parts are kept, the newest. */
  maxParts?: number;
  onData?: (data: T) => void;
  /** Called once per update with its parts. */
  onParts?: (parts: SSEStreamPart<T>[]) => void;
}

export interface UseRealtimeStreamInstance<T> {
  parts: T[];
  lastEventId: string | undefined;
  error: Error | undefined;
  stop: () => void;
}

interface DefinedStream<T> {
  id: string;
  pipe: (value: AsyncIterable<T> | ReadableStream<T>, ...rest: never[]) => unknown;
}

interface StreamState {
  parts: unknown[];
  lastEventId?: string;
  error?: Error;
}

/** Reads a stream of a run: `(runId, key?, options?)`, or `(defined stream, runId, options?)`. */
export function useRealtimeStream<T>(
  stream: DefinedStream<T>,
  runId: string,
  options?: UseRealtimeStreamOptions<T>,
): UseRealtimeStreamInstance<T>;
export function useRealtimeStream<T>(runId: string, key: string, options?: UseRealtimeStreamOptions<T>): UseRealtimeStreamInstance<T>;
export function useRealtimeStream<T>(runId: string, options?: UseRealtimeStreamOptions<T>): UseRealtimeStreamInstance<T>;
export function useRealtimeStream<T>(
  first: string | DefinedStream<T>,
  second?: string | UseRealtimeStreamOptions<T>,
  third?: UseRealtimeStreamOptions<T>,
): UseRealtimeStreamInstance<T> {
  const options = (typeof second === "object" ? second : third) ?? {};
  const named = typeof second === "string" ? second : undefined;
  const runId = typeof first === "string" ? first : (named ?? "");
  const key = typeof first === "string" ? (named ?? "default") : first.id;
  const enabled = options.enabled !== false && runId !== "";
  const client = useApiClient({ ...options, enabled });

  const told = useRef<Pick<UseRealtimeStreamOptions<T>, "onData" | "onParts">>(options);
  useEffect(() => {
    told.current = options;
  });
  const { id, startIndex, from, timeoutInSeconds, maxParts, throttleInMs = 16 } = options;
  const startId = options.lastEventId === undefined ? startOf(startIndex) : String(options.lastEventId);
  const follower = useMemo(
    () =>
      // `told` is read when parts arrive, never in a render.
      // oxlint-disable-next-line react/refs
      followStream({
        client: enabled ? client : undefined,
        read: { runId, key, id, timeoutInSeconds, lastEventId: startId, ...(from === "latest" && { from }) },
        maxParts,
        throttleInMs,
        // What the caller reads is what it says that the task writes.
        onParts: (parts) => tell(told.current, parts as SSEStreamPart<T>[]),
      }),
    [client, enabled, runId, key, id, timeoutInSeconds, startId, from, maxParts, throttleInMs],
  );
  const { parts, lastEventId, error } = useSubscribable(follower);
  return { parts: parts as T[], lastEventId, error, stop: follower.stop };
}

const startOf = (index: number | undefined): string | undefined => (index === undefined || index <= 0 ? undefined : String(index - 1));

function tell<T>({ onData, onParts }: Pick<UseRealtimeStreamOptions<T>, "onData" | "onParts">, parts: SSEStreamPart<T>[]): void {
  for (const part of parts) onData?.(part.chunk);
  onParts?.(parts);
}

interface StreamWish {
  client: ApiClient | undefined;
  read: {
    runId: string;
    key: string;
    id: string | undefined;
    timeoutInSeconds: number | undefined;
    lastEventId: string | undefined;
    from?: "latest";
  };
  maxParts: number | undefined;
  throttleInMs: number;
  onParts: (parts: StreamPart[]) => void;
}

function followStream({ client, read, maxParts, throttleInMs, onParts }: StreamWish) {
  // Kept over remounts: the reader goes on where it was.
  let lastEventId = read.lastEventId;
  return createFollower<StreamState>({ parts: [] }, async ({ signal, update }) => {
    if (client === undefined) return;
    const gathered = gather<StreamPart>(throttleInMs, (parts) => {
      if (signal.aborted) return;
      lastEventId = parts.at(-1)?.id ?? lastEventId;
      update((held) => ({
        parts: newest([...held.parts, ...parts.map((part) => part.chunk)], maxParts),
        ...(lastEventId !== undefined && { lastEventId }),
      }));
      onParts(parts);
    });
    try {
      for await (const part of client.readStream({ ...read, lastEventId, signal })) gathered.add(part);
      gathered.end();
    } catch (error) {
      gathered.end();
      update((held) => ({ ...held, error: toError(error) }));
    }
  });
}

const newest = <T>(parts: T[], most: number | undefined): T[] =>
  most === undefined || parts.length <= most ? parts : parts.slice(parts.length - most);
